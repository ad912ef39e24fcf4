from deploy.local import packages


def test_the_newest_postgis_of_the_release_is_chosen(monkeypatch):
    monkeypatch.setattr(packages.Path, "exists", lambda self: False)
    names = [
        "postgresql-14-postgis-3",
        "postgresql-16-postgis-3",
        "postgresql-16-postgis-3-scripts",
        "postgresql-15-postgis-3",
    ]
    assert packages.newest_postgis(names) == "postgresql-16-postgis-3"


def test_an_installed_server_is_preferred_over_a_newer_one(monkeypatch):
    monkeypatch.setattr(
        packages.Path, "exists", lambda self: "/postgresql/15/" in str(self)
    )
    names = ["postgresql-15-postgis-3", "postgresql-17-postgis-3"]
    assert packages.newest_postgis(names) == "postgresql-15-postgis-3"


def test_a_release_without_a_recent_postgis_has_none():
    assert packages.newest_postgis(["postgresql-13-postgis-3"]) is None


def test_nginx_is_wanted_by_the_tests_and_by_nobody_else(monkeypatch):
    monkeypatch.setattr(packages, "nginx_binary", lambda: None)
    wanted = {need.apt for need in packages.missing(servers=False, testing=True)}
    assert ("nginx-light",) in wanted
    assert ("nginx-light",) not in {n.apt for n in packages.missing(servers=False)}
