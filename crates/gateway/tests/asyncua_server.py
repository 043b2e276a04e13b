"""An OPC UA server for tests, from a stack that is not ours (asyncua).

asyncua_server.py PORT HISTORY [CERTDIR]

PORT 0 takes a free one; `ready PORT` is printed when it listens. HISTORY is an SQLite file in which
every value is kept, or `-`. Without CERTDIR it is open to all; with it only Basic256Sha256, sign and
encrypt, user `scada` with password `right`, and clients whose certificate lies in CERTDIR/clients and
names the application that it says it is. Lines on stdin are done and answered by one line:

    set NODE VALUE STATUS UTC_TIME    ok; STATUS by name, or its bits in hexadecimal after 0x
    get NODE                          the value
    refused -                         how many logins were refused so far
    lose on                           nothing is published to clients from now on
    lose off                          what was to be published meanwhile is lost, but not its number
    history wait                      whoever asks for history waits from now on
    history waiting                   ok as soon as somebody does
    history go                        whoever asks from now on is answered again
"""

import asyncio
import datetime
import pathlib
import sys

from asyncua import Server, ua
from asyncua.crypto.permission_rules import User, UserRole
from asyncua.server.internal_subscription import InternalSubscription
from asyncua.server.user_managers import UserManager

NODES = {
    "Level": ua.Variant(1.0, ua.VariantType.Double),
    "Total": ua.Variant(1, ua.VariantType.UInt32),
    "Setpoint": ua.Variant(2.5, ua.VariantType.Float),
    "Pump1": ua.Variant(False, ua.VariantType.Boolean),
    "Name": ua.Variant("P1", ua.VariantType.String),
}
# The history's tables take only numbers for names.
IDS = {"Level": 1, "Total": 2}
START = datetime.datetime(2021, 6, 30, 5, 0)


class Users(UserManager):
    refused = 0

    def get_user(self, iserver, username=None, password=None, certificate=None):
        if username == "scada" and password in ("right", b"right"):
            return User(role=UserRole.User)
        Users.refused += 1
        return None


async def secure(server, folder):
    from asyncua.crypto.cert_gen import setup_self_signed_certificate
    from asyncua.crypto.truststore import TrustStore
    from asyncua.crypto.validator import CertificateValidator, CertificateValidatorOptions
    from cryptography.x509.oid import ExtendedKeyUsageOID

    await server.set_application_uri("urn:test:server")
    await setup_self_signed_certificate(
        folder / "key.pem", folder / "cert.der", "urn:test:server", "127.0.0.1",
        [ExtendedKeyUsageOID.SERVER_AUTH], {"organizationName": "test"},
    )
    await server.load_certificate(str(folder / "cert.der"))
    await server.load_private_key(str(folder / "key.pem"))
    server.set_security_policy([ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt])
    server.set_identity_tokens([ua.UserNameIdentityToken])
    clients = TrustStore([folder / "clients"], [])
    await clients.load()
    options = CertificateValidatorOptions.TIME_RANGE | CertificateValidatorOptions.URI
    options |= CertificateValidatorOptions.TRUSTED | CertificateValidatorOptions.PEER_CLIENT
    server.set_certificate_validator(CertificateValidator(options, clients))


async def kept(storage, node, at):
    """Waits until the history holds the value: it is written beside the answer."""
    while not (await storage.read_node_history(node.nodeid, at, at + datetime.timedelta(milliseconds=1), 1))[0]:
        await asyncio.sleep(0.005)


class Loss:
    """Publications that never leave the server although their number is given."""

    on = False

    def __init__(self, service):
        self.service = service
        publish = InternalSubscription.publish_results

        async def unless_lost(subscription, requestdata=None):
            if Loss.on and subscription.pub_request_callback:
                return False
            return await publish(subscription, requestdata)

        InternalSubscription.publish_results = unless_lost

    def lose(self, act):
        Loss.on = act == "on"
        for subscription in self.service.subscriptions.values():
            if not Loss.on and subscription.pub_request_callback and subscription._triggered_datachanges:
                subscription._pop_publish_result()


class Archive:
    """Answers about history that can be held back."""

    def __init__(self, manager):
        self.manager, self.read = manager, manager.read_history
        self.asked = asyncio.Event()

    async def never(self, _):
        self.asked.set()
        await asyncio.Event().wait()

    async def do(self, act):
        if act == "waiting":
            await self.asked.wait()
        else:
            self.manager.read_history = self.never if act == "wait" else self.read


async def main():
    port, history, certs = sys.argv[1], sys.argv[2], sys.argv[3:]
    server = Server(user_manager=Users()) if certs else Server()
    if history != "-":
        from asyncua.server.history_sql import HistorySQLite
        server.iserver.history_manager.set_storage(HistorySQLite(history))
    await server.init()
    server.set_endpoint(f"opc.tcp://127.0.0.1:{port}/")
    if certs:
        await secure(server, pathlib.Path(certs[0]))
    else:
        server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
    await server.register_namespace("urn:test:nodes")
    nodes = {}
    for name, variant in NODES.items():
        node = await server.nodes.objects.add_variable(ua.NodeId(IDS.get(name, f"P1.{name}"), 2), name, variant)
        await node.write_value(ua.DataValue(variant, SourceTimestamp=START))
        nodes[name] = node
    for name in ("Setpoint", "Pump1", "Name"):
        await nodes[name].set_writable()
    async with server:
        if history != "-":
            for name in ("Level", "Total"):
                await server.historize_node_data_change(nodes[name], period=None, count=0)
        loss = Loss(server.iserver.subscription_service)
        archive = Archive(server.iserver.history_manager)
        print("ready", server.bserver.port, flush=True)
        loop = asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            act, name, *rest = line.split()
            if act == "refused":
                print(Users.refused, flush=True)
                continue
            if act == "lose":
                loss.lose(name)
                print("ok", flush=True)
                continue
            if act == "history":
                await archive.do(name)
                print("ok", flush=True)
                continue
            node = nodes[name]
            if act == "get":
                print(await node.read_value(), flush=True)
                continue
            value, status, at = rest
            at = datetime.datetime.fromisoformat(at)
            kind = NODES[name].VariantType
            number = float(value) if kind is ua.VariantType.Double else int(value)
            bits = int(status, 16) if status.startswith("0x") else getattr(ua.StatusCodes, status)
            await node.write_value(ua.DataValue(
                ua.Variant(number, kind), ua.StatusCode(bits), SourceTimestamp=at))
            if history != "-":
                await kept(archive.manager.storage, node, at)
            print("ok", flush=True)


asyncio.run(main())
