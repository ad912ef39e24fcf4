from deploy.local import environment

LOCK = """\
black==1.0 \\
    --hash=sha256:aa
    # via lokahome
uv==0.13.9 \\
    --hash=sha256:bb \\
    --hash=sha256:cc \\
    --hash=sha256:dd
    # via lokahome
uvicorn==0.54.0 \\
    --hash=sha256:ee
"""


def test_one_requirement_keeps_all_its_hashes_and_nothing_else():
    assert environment.requirement_of("uv", LOCK) == (
        "uv==0.13.9 \\\n    --hash=sha256:bb \\\n    --hash=sha256:cc \\\n"
        "    --hash=sha256:dd\n"
    )


def test_an_absent_requirement_is_none():
    assert environment.requirement_of("pip", LOCK) is None


def test_the_real_lock_names_a_uv_with_hashes():
    text = environment.DEVELOPMENT.read_text(encoding="utf-8")
    assert "--hash=sha256:" in (environment.requirement_of("uv", text) or "")


def test_pip_settings_of_index_and_certificate_hold_for_uv():
    listing = (
        "global.index-url='https://mirror.example/simple'\n"
        ":env:.cert='/etc/ssl/ca.pem'\n"
        "global.find-links='/somewhere'\n"
    )
    assert environment.uv_settings(listing, {}) == {
        "UV_DEFAULT_INDEX": "https://mirror.example/simple",
        "SSL_CERT_FILE": "/etc/ssl/ca.pem",
    }
    assert environment.uv_settings(listing, {"SSL_CERT_FILE": "/mine"}) == {
        "UV_DEFAULT_INDEX": "https://mirror.example/simple"
    }


def test_lock_files_name_no_registry_and_no_machine():
    for lock in (environment.PRODUCTION, environment.DEVELOPMENT):
        text = lock.read_text(encoding="utf-8")
        assert "://" not in text
        assert "--find-links" not in text
        assert "--index-url" not in text
        assert "/opt/" not in text


def test_the_development_lock_holds_every_production_pin():
    def pins(path):
        return {
            line.split(" ")[0]
            for line in path.read_text(encoding="utf-8").splitlines()
            if "==" in line and not line.startswith((" ", "#"))
        }

    assert pins(environment.PRODUCTION) <= pins(environment.DEVELOPMENT)
