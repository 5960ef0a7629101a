"""A real Dovecot on private ports, with one mailbox for each login name; and mail that is put into it."""

import itertools
import os
import shutil
import socket
import subprocess
from pathlib import Path

from imapclient import IMAPClient

from tests.ports import free_ports
from tests.servers import HOST, PATIENCE, NotInstalled, Server

PASSWORD = "app-password-of-a-test"
USER = "column"

CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = /dev/stderr
protocols = imap
listen = {host}
auth_mechanisms = plain
disable_plaintext_auth = no
ssl = yes
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
mail_location = maildir:{folder}/mail/%u
mail_uid = nobody
mail_gid = nogroup
first_valid_uid = 1
first_valid_gid = 1
mail_fsync = never
mail_max_userip_connections = 100
imap_capability = {capability}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={folder}/mail/%u
}}
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
  service_count = 0
  process_min_avail = 1
}}
service imap {{
  service_count = 100
  process_min_avail = 2
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
"""


class Dovecot(Server):
    """Takes every login name with PASSWORD. Its certificate, for localhost, is signed by itself: `ca_file`."""

    def __init__(self, *, capability: str = "") -> None:
        if not Path("/usr/sbin/dovecot").exists() or not Path("/usr/lib/dovecot/imap").exists():
            raise NotInstalled("Dovecot is not installed (Debian: dovecot-imapd)")
        if os.geteuid() != 0:
            raise NotInstalled("Dovecot changes users, so it is started by root alone")
        super().__init__()
        self.tls_port = free_ports(1)[0]
        self.ca_file = self.folder / "cert.pem"
        self._capability = capability
        self._numbers = itertools.count(1)
        self.folder.chmod(0o755)
        (self.folder / "mail").mkdir()
        shutil.chown(self.folder / "mail", "nobody", "nogroup")

    def start(self) -> None:
        if not self.ca_file.exists():
            _make_certificate(self.folder)
        text = CONFIGURATION.format(
            folder=self.folder,
            host=HOST,
            port=self.port,
            tls_port=self.tls_port,
            password=PASSWORD,
            capability=self._capability,
        )
        (self.folder / "dovecot.conf").write_text(text)
        super().start()

    def command(self) -> list[str]:
        return ["/usr/sbin/dovecot", "-F", "-c", str(self.folder / "dovecot.conf")]

    def is_up(self) -> bool:
        try:
            with socket.create_connection((HOST, self.port), timeout=PATIENCE) as connection:
                return connection.recv(100).startswith(b"* OK")
        except OSError:
            return False

    def mailbox(self, user: str = USER) -> Path:
        return self.folder / "mail" / user

    def put(self, *mails: bytes, user: str = USER) -> None:
        """As a local delivery does it: written beside, then renamed into `new`."""
        box = self.mailbox(user)
        for name in ("cur", "new", "tmp"):
            if not (box / name).exists():
                (box / name).mkdir(parents=True)
                shutil.chown(box, "nobody", "nogroup")
                shutil.chown(box / name, "nobody", "nogroup")
        for raw in mails:
            name = f"{1_700_000_000 + next(self._numbers)}.M1P1.test"
            (box / "tmp" / name).write_bytes(raw)
            shutil.chown(box / "tmp" / name, "nobody", "nogroup")
            (box / "tmp" / name).rename(box / "new" / name)

    def seen(self, user: str = USER) -> int:
        """How many mails are marked as seen."""
        return sum("S" in path.name.rpartition(",")[2] for path in self.mailbox(user).glob("cur/*"))

    def client(self, user: str = USER) -> IMAPClient:
        """Somebody else at the same mailbox."""
        client = IMAPClient(HOST, self.port, ssl=False, timeout=PATIENCE)
        client.login(user, PASSWORD)
        return client

    def mails(self, user: str = USER) -> dict[str, int]:
        """How many there are in each folder."""
        with self.client(user) as client:
            names = [name for _, _, name in client.list_folders()]
            return {name: client.folder_status(name, "MESSAGES")[b"MESSAGES"] for name in names}

    def remove(self, user: str = USER) -> None:
        """The whole mailbox, with the numbers of its mails."""
        shutil.rmtree(self.mailbox(user))


def _make_certificate(folder: Path) -> None:
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    paths = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run([*command, *names, *paths], check=True, capture_output=True)
