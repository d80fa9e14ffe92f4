"""Fixtures of the tests of the ERP: a Firebird server, a database as Aspel makes it, and a shop that reads it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr

from app.queue.actors import erp as job
from core.work import open_work
from domain.accounts.schemas import WorkspaceView
from domain.erp import service as erp
from domain.erp.kinds import JobType, Preset
from domain.erp.schemas import ErpConnectionView, ErpSettings, NewErpConnection, SyncJobs, SyncJobView, SyncRequest
from tests.api.conftest import api, application, desk, redis_server, settings
from tests.erp.firebird import PASSWORD, WHY_NOT, FirebirdServer
from tests.factories.shop import Shop, open_shop

__all__ = ["api", "application", "desk", "redis_server", "settings"]

ASPEL = (
    "create table INVE01 (CVE_ART varchar(16) not null primary key, DESCR varchar(60) character set NONE, LIN_PROD varchar(20),"
    " UNI_MED varchar(10), COSTO_PROM double precision, ULT_COSTO double precision, STATUS char(1), VERSION_SINC timestamp)",
    "create table PRECIO_X_PROD01 (CVE_ART varchar(16), CVE_PRECIO integer, PRECIO double precision)",
    "create table MULT01 (CVE_ART varchar(16), CVE_ALM integer, EXIST double precision)",
    "create table FACTF01 (CVE_DOC varchar(20) not null primary key, CVE_CLPV char(10), STATUS char(1), NUM_ALMA integer,"
    " FECHA_DOC timestamp, FECHAELAB timestamp, VERSION_SINC timestamp)",
    "create table PAR_FACTF01 (CVE_DOC varchar(20), NUM_PAR integer, CVE_ART varchar(16), CANT double precision,"
    " PREC double precision, DESC1 double precision, TOTIMP4 double precision, TOT_PARTIDA double precision)",
    "create table CLIE01 (CLAVE char(10) not null primary key, NOMBRE varchar(120) character set UTF8, RFC varchar(15),"
    " EMAILPRED varchar(60), TELEFONO varchar(25), CALLE varchar(80), MUNICIPIO varchar(50), ESTADO varchar(50),"
    " CODIGO varchar(5), LIMCRED double precision, SALDO double precision, VERSION_SINC timestamp)",
)


MICROSIP = (
    "create table ARTICULOS (ARTICULO_ID integer, NOMBRE varchar(100), LINEA_ARTICULO_ID integer, UNIDAD_VENTA varchar(20),"
    " ESTATUS char(1), FECHA_HORA_ULT_MODIF timestamp)",
    "create table CLAVES_ARTICULOS (CLAVE_ARTICULO varchar(20), ARTICULO_ID integer, ROL_CLAVE_ART_ID integer)",
    "create table LINEAS_ARTICULOS (LINEA_ARTICULO_ID integer, NOMBRE varchar(50))",
    "create table PRECIOS_ARTICULOS (ARTICULO_ID integer, PRECIO_EMPRESA_ID integer, PRECIO numeric(18, 6))",
    "create table SALDOS_IN (ARTICULO_ID integer, ALMACEN_ID integer, ENTRADAS_UNIDADES numeric(18, 5),"
    " SALIDAS_UNIDADES numeric(18, 5))",
    "create table DOCTOS_VE (DOCTO_VE_ID integer, TIPO_DOCTO char(1), FOLIO char(9), FECHA date, HORA time, CLIENTE_ID integer,"
    " ALMACEN_ID integer, ESTATUS char(1), FECHA_HORA_ULT_MODIF timestamp)",
    "create table DOCTOS_VE_DET (DOCTO_VE_ID integer, POSICION integer, ARTICULO_ID integer, UNIDADES numeric(18, 5),"
    " PRECIO_UNITARIO numeric(18, 6), PRECIO_TOTAL_NETO numeric(15, 2))",
    "create table CLIENTES (CLIENTE_ID integer, NOMBRE varchar(100), LIMITE_CREDITO numeric(15, 2),"
    " FECHA_HORA_ULT_MODIF timestamp)",
    "create table CLAVES_CLIENTES (CLAVE_CLIENTE varchar(20), CLIENTE_ID integer)",
    "create table DIRS_CLIENTES (CLIENTE_ID integer, ES_DIR_PPAL char(1), RFC_CURP varchar(18), EMAIL varchar(200),"
    " TELEFONO1 varchar(35), CALLE varchar(430), POBLACION varchar(100), CODIGO_POSTAL varchar(10))",
)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FirebirdServer]:
    """A Firebird server that lives as long as the test process."""
    if WHY_NOT:
        pytest.skip(WHY_NOT)
    running = FirebirdServer(tmp_path_factory.mktemp("firebird"))
    running.start()
    yield running
    running.stop()


@dataclass
class Aspel:
    """The tables of a company in Aspel SAE, and the shop that reads them."""

    server: FirebirdServer
    path: str
    shop: Shop
    connection: ErpConnectionView

    def run(self, *statements: str) -> None:
        """Change something in the ERP."""
        self.server.run(self.path, *statements)

    def add(self, code: str, name: str = "Azúcar 1 kg", price: float | None = 10, on_hand: float | None = None) -> None:
        """Add a product, with its level in warehouse 1."""
        product = (code, name.encode("cp1252"), "ABARROTES", "PZA", 7.5, 7.25, "A")
        self.server.run(self.path, f"insert into INVE01 values ({', '.join('?' * 7)}, current_timestamp)", rows=[product])
        if price is not None:
            self.run(f"insert into PRECIO_X_PROD01 values ('{code}', 1, {price})")
        if on_hand is not None:
            self.run(f"insert into MULT01 values ('{code}', 1, {on_hand})")

    def sell(self, folio: str, *lines: tuple[str, float, float], customer: str = "1") -> None:
        """Add an invoice of warehouse 1: code, quantity and price of each line."""
        self.run(
            f"insert into FACTF01 values ('{folio}', '{customer:>10}', 'E', 1, '2026-01-05 10:00', null, current_timestamp)"
        )
        for number, (code, quantity, price) in enumerate(lines, 1):
            values = f"'{folio}', {number}, '{code}', {quantity}, {price}, 0, 0, {quantity * price}"
            self.run(f"insert into PAR_FACTF01 values ({values})")

    async def ask(self, *types: JobType, full: bool = False) -> SyncJobs:
        """Ask for it to be read."""
        async with open_work(self.shop.principal) as work:
            return await erp.start(work, self.connection.id, SyncRequest(types=types, is_full=full))

    async def read(self) -> None:
        """Read it as a worker does."""
        await job.sync(str(self.shop.workspace_id), str(self.connection.id))

    async def sync(self, *types: JobType, full: bool = False) -> dict[JobType, SyncJobView]:
        """Ask for it, and read it; what came of each run."""
        begun = await self.ask(*types, full=full)
        await self.read()
        return {one.job_type: await self.job(one.id) for one in begun.jobs}

    async def job(self, id: UUID) -> SyncJobView:
        """A run."""
        async with open_work(self.shop.principal) as work:
            return await erp.get_job(work, id)


async def connect(
    shop: Shop, server: FirebirdServer, path: str, preset: Preset = Preset.ASPEL_SAE, **more: Any
) -> ErpConnectionView:
    """Tell a shop of an ERP in which warehouse 1 is its store."""
    settings = ErpSettings(**{"stores": {"1": shop.store_id}, **more})
    command = NewErpConnection(
        name="SAE",
        preset=preset,
        host="127.0.0.1",
        port=server.port,
        database=path,
        username="SYSDBA",
        password=SecretStr(PASSWORD),
        settings=settings,
    )
    async with open_work(shop.principal) as work:
        return await erp.create_connection(work, command)


@pytest.fixture
async def shop(workspace: WorkspaceView) -> Shop:
    """A small shop with three products and nothing on the shelf."""
    return await open_shop(workspace.id)


@pytest.fixture
async def aspel(server: FirebirdServer, shop: Shop) -> Aspel:
    """An empty company, and a shop that reads it."""
    path = server.make(f"sae_{uuid4().hex[:8]}")
    server.run(path, *ASPEL)
    return Aspel(server, path, shop, await connect(shop, server, path))
