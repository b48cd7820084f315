"""The content of a database replaced in one transaction, where no other can be made beside it.

One psql does it all. Only we write COMMIT, after the last byte has proved right: whatever ends before that, the
transaction is rolled back. ``--single-transaction`` would commit the half that came before pg_restore died.
"""

import uuid
from pathlib import Path
from typing import IO

from psycopg import sql

from . import archives, databases, programs, records, verifying
from .encryption import Identity
from .leaving import IN_THE_WAY, leaving
from .manifest import Manifest

# Everything that is not of the system, of an extension or a part of another: tables newer than the backup too.
EMPTY = """
DO $aistore$ DECLARE statements text; BEGIN
WITH own AS (SELECT oid, nspname FROM pg_namespace
             WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'),
     extended AS (SELECT classid, objid FROM pg_depend WHERE deptype IN ('e', 'i'))
SELECT string_agg(statement, ';' ORDER BY turn) INTO statements FROM (
    SELECT 1 AS turn, format('DROP %s IF EXISTS %I.%I CASCADE',
        CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE'
                     WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END, nspname, relname) AS statement
    FROM pg_class AS c JOIN own ON own.oid = relnamespace
    WHERE relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
      AND ('pg_class'::regclass, c.oid) NOT IN (SELECT classid, objid FROM extended)
    UNION ALL
    SELECT 2, format('DROP ROUTINE IF EXISTS %s CASCADE', p.oid::regprocedure)
    FROM pg_proc AS p JOIN own ON own.oid = pronamespace
    WHERE ('pg_proc'::regclass, p.oid) NOT IN (SELECT classid, objid FROM extended)
    UNION ALL
    SELECT 3, format('DROP TYPE IF EXISTS %I.%I CASCADE', nspname, typname)
    FROM pg_type AS t JOIN own ON own.oid = typnamespace
    WHERE typtype IN ('e', 'd', 'r') AND ('pg_type'::regclass, t.oid) NOT IN (SELECT classid, objid FROM extended)
    UNION ALL
    SELECT 4, format('DROP SCHEMA IF EXISTS %I CASCADE', nspname)
    FROM own WHERE nspname <> 'public'
      AND ('pg_namespace'::regclass, oid) NOT IN (SELECT classid, objid FROM extended)
) AS all_of_it;
IF statements IS NOT NULL THEN EXECUTE statements; END IF;
END $aistore$;
"""

COUNT = """
DO $aistore$ DECLARE found bigint; BEGIN
SELECT count(*) INTO found FROM ONLY {table};
IF found <> {count} THEN RAISE EXCEPTION 'restored, % has % rows instead of %', {name}, found, {count}; END IF;
END $aistore$;
"""


def replace(path: Path, manifest: Manifest, using: str, database: str, identity: Identity | None) -> None:
    """Raises ProgramFailed or BackupDamaged; then nothing has changed."""
    with databases.connect(using, database) as connection:
        server = connection.info.server_version // 10000
        options = ["--file=-", *verifying.options_for(connection, manifest)]
        has_records = records.has_table(connection)
    since = manifest.created_at - records.IN_FLIGHT
    before = ["BEGIN;", records.kept(since) if has_records else "", EMPTY]
    after = [
        _counts(manifest),
        records.PUT.as_string() if has_records else "",
        ";",
        records.noted(manifest.name),
    ]
    mark = f"aistore_restore_{uuid.uuid4().hex[:12]}"
    with (
        leaving(lambda: databases.maintenance(using), mark, IN_THE_WAY),
        programs.running_sql(using, database, server, mark) as psql,
    ):
        _say(psql, *before)
        with programs.reading(max(manifest.archive.pg_dump, server), options, output=psql) as sink:
            archives.read(path, manifest, sink, identity, lambda count: None)
        _say(psql, *after, "COMMIT;")


def _say(psql: IO[bytes], *statements: str) -> None:
    psql.write("\n".join([*statements, ""]).encode())
    psql.flush()


def _counts(manifest: Manifest) -> str:
    return "".join(_count(name, count) for name, count in manifest.rows.items())


def _count(name: str, count: int) -> str:
    schema, _, table = name.rpartition(".")
    facts = {"table": sql.Identifier(schema or "public", table), "count": sql.Literal(count)}
    return sql.SQL(COUNT).format(name=sql.Literal(name), **facts).as_string()
