"""The reverse proxy: web (WSGI) and realtime (ASGI) under one name.

``site.conf.template`` is the file, for nginx; ``python -m deploy.proxy`` fills it in and
prints it. What runs behind it is told so by three variables of its environment:
PUBLIC_URL and REALTIME_URL are both the one name, NUM_PROXIES is 1.
"""
