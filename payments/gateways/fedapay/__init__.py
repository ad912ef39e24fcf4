"""FedaPay, the aggregator by which MTN, Moov and Celtiis wallets of Benin pay.

Sources named in this package: the Node SDK (npm ``fedapay`` 1.2.5), the PHP SDK, the
pages of docs.fedapay.com, and "integrators": what published production integrations
report of the live service. Where they disagree the choice is in `FedaPayConfig`.
"""

from payments.gateways.fedapay.config import FedaPayConfig
from payments.gateways.fedapay.gateway import FedaPayGateway

__all__ = ["FedaPayConfig", "FedaPayGateway"]
