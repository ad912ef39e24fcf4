"""FedaPay, simulated. Sources: the Node SDK (npm ``fedapay`` 1.2.5), docs.fedapay.com
and what integrators published of the live service; what is invented here says so.
"""
