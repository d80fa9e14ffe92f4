"""Ways to read an ERP. All that are known lie in Firebird databases; what differs between them is data."""

import ipaddress

from connectors.erp.firebird import Firebird
from core.settings import Settings
from domain.erp.errors import ErpRefused, ErpUnavailable
from domain.erp.port import Access, Erp
from domain.erp.schemas import ErpCheck, QueryCheck


def open_erp(access: Access, settings: Settings) -> Erp:
    """How an ERP is read; nothing is connected yet. Inside, it is met only in networks that the installation names."""
    networks = [ipaddress.ip_network(one.strip(), strict=False) for one in settings.erp_networks.split(",") if one.strip()]

    def may_be_inside(address: str) -> bool:
        found = ipaddress.ip_address(address.partition("%")[0])
        return settings.calls_to_private_addresses or any(found in network for network in networks)

    return Firebird(access, may_be_inside)


async def check(access: Access, settings: Settings) -> ErpCheck:
    """Enter an ERP now and try its queries out; what goes wrong is the answer."""
    erp = open_erp(access, settings)
    try:
        tried = await erp.check()
    except (ErpUnavailable, ErpRefused) as error:
        return ErpCheck(code=error.code, is_usable=False, said=str(error.fields.get("said", "")) or None, queries=[])
    finally:
        await erp.close()
    queries = [QueryCheck(job_type=one.type, code=one.code, columns=list(one.columns), said=one.said) for one in tried]
    is_usable = all(one.code == "ok" for one in queries)
    return ErpCheck(code="ok" if is_usable else "erp_query_refused", is_usable=is_usable, said=None, queries=queries)
