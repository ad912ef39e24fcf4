import pytest

from payments.tests import simulation


@pytest.fixture(scope="session")
def receiver():
    receiver = simulation.Receiver()
    yield receiver
    receiver.close()


@pytest.fixture(scope="session")
def simulator(tmp_path_factory, receiver):
    book = tmp_path_factory.mktemp("simulator") / "book.sqlite"
    simulator = simulation.Simulator(book, webhook=receiver.url).start()
    yield simulator
    simulator.stop()


@pytest.fixture
def wait_until():
    return simulation.wait_until


@pytest.fixture(scope="session")
def api(simulator):
    """Call the simulator's FedaPay as a plain client; return the answer."""
    return FedaPayApi(simulator)


class FedaPayApi:
    """The few calls a test needs, with no code of the adapter in between."""

    def __init__(self, simulator):
        self.http = simulator.http
        self.headers = {"Authorization": f"Bearer {simulation.SECRET_KEY}"}

    def call(self, method, path, **body):
        json = body or None
        return self.http.request(method, path, json=json, headers=self.headers)

    def create(self, reference, **changes):
        fields = {
            "amount": 25_000,
            "currency": {"iso": "XOF"},
            "description": "Loyer décembre",
            "merchant_reference": reference,
        }
        return self.call("POST", "/v1/transactions", **{**fields, **changes})

    def push(self, reference, ending="001", *, mode="mtn_open", number=None):
        """Create, take the token, push; return the transaction's id."""
        created = self.create(reference).json()["v1/transaction"]
        token = self.call("POST", f"/v1/transactions/{created['id']}/token").json()
        phone = {"number": number or f"+2290166777{ending}", "country": "bj"}
        answer = self.call(
            "POST", f"/v1/{mode}", token=token["token"], phone_number=phone
        )
        answer.raise_for_status()
        return created["id"]

    def status(self, number):
        answer = self.call("GET", f"/v1/transactions/{number}")
        return answer.json()["v1/transaction"]["status"]
