import pytest

from messaging.tests import simulation


@pytest.fixture(scope="session")
def receiver():
    receiver = simulation.Receiver()
    yield receiver
    receiver.close()


@pytest.fixture(scope="session")
def simulator(tmp_path_factory, receiver):
    book = tmp_path_factory.mktemp("sms") / "sms.sqlite"
    simulator = simulation.Simulator(book, inbound=f"{receiver.base}/inbound").start()
    yield simulator
    simulator.stop()


@pytest.fixture(autouse=True)
def no_faults(request):
    yield
    if "simulator" in request.fixturenames:
        request.getfixturevalue("simulator").post("faults/clear")
