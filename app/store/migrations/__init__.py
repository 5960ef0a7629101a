"""The schema's history. `upgrade` brings a database to the newest version; nothing else makes tables."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    return config


def upgrade(engine: Engine) -> None:
    """Run every migration that this database has not seen, in one transaction."""
    config = _config()
    with engine.execution_options(write=True).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def is_current(engine: Engine) -> bool:
    """Whether the database has exactly the schema that this program was written for."""
    with engine.connect() as connection:
        seen = MigrationContext.configure(connection).get_current_heads()
    return set(seen) == set(ScriptDirectory.from_config(_config()).get_heads())
