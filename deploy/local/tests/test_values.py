from deploy.local import ports, values


def complete(kept=None, *, given=None, running=(), busy=(), private=True):
    return values.complete(
        kept or {},
        given=given or {},
        running=frozenset(running),
        private_servers=private,
        free=lambda port: port not in busy,
    )


def test_preferred_ports_are_taken_when_they_are_free():
    found = complete()
    assert (found["WEB_PORT"], found["REALTIME_PORT"]) == ("8000", "8001")
    assert found["PUBLIC_URL"] == "http://127.0.0.1:8000"


def test_no_two_servers_get_one_port():
    found = complete(busy={8000, 8001, 8003})
    given = [found[name] for name in (*values.WEB_PORTS, *values.SERVER_PORTS)]
    assert len(set(given)) == len(given)


def test_secrets_are_made_once_and_differ():
    first = complete()
    again = complete(first)
    assert first == again
    assert len({first[name] for name in values.SECRETS}) == len(values.SECRETS)


def test_a_port_that_somebody_took_moves_and_addresses_follow():
    first = complete()
    moved = complete(first, busy={5490, 8000})
    assert moved["POSTGRES_PORT"] == "5491"
    assert ":5491/" in moved["DATABASE_URL"]
    assert moved["WEB_PORT"] not in {"8000", moved["REALTIME_PORT"]}
    assert moved["PUBLIC_URL"].endswith(moved["WEB_PORT"])


def test_a_port_our_own_server_holds_does_not_move():
    first = complete()
    again = complete(first, busy={5490, 8000}, running={"POSTGRES_PORT", "WEB_PORT"})
    assert again == first


def test_a_port_a_person_asks_for_wins():
    found = complete(given={"WEB_PORT": "9123"})
    assert found["PUBLIC_URL"] == "http://127.0.0.1:9123"


def test_sms_go_to_the_simulator_wherever_its_port_moved():
    found = complete(busy={8003})
    port = found["SMS_SIMULATOR_PORT"]
    assert port != "8003"
    assert found["TWILIO_API_BASE"].endswith(f":{port}")
    assert found["SMS_TRANSPORT"] == "twilio"
    assert len(found["TWILIO_ACCOUNT_SID"]) == 34


def test_with_existing_servers_no_private_address_is_written():
    found = complete(private=False)
    assert not {*values.EXTERNAL, *values.SERVER_PORTS} & set(found)


def test_existing_servers_are_wanted_only_with_all_three_addresses():
    urls = dict.fromkeys(values.EXTERNAL, "postgres://elsewhere/x")
    assert values.wants_existing_servers(urls, {}) == (True, [])
    assert values.wants_existing_servers({}, {}) == (False, [])
    some = {"REDIS_URL": "redis://elsewhere"}
    assert values.wants_existing_servers(some, {}) == (
        False,
        ["DATABASE_URL", "DATABASE_OWNER_URL"],
    )


def test_an_exported_copy_of_our_own_addresses_is_not_somebody_elses_server():
    kept = complete()
    assert values.wants_existing_servers(kept, kept) == (False, [])


def test_a_nonsense_kept_port_is_replaced():
    for kept in ("", "x", "0", "70000", None):
        assert ports.choose(kept, 8000, free=lambda port: True) == 8000


def test_when_no_preferred_port_is_free_any_is_taken():
    assert ports.choose(None, 8000, free=lambda port: False) > 0
