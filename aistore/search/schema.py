"""What the database itself does for search: folding, the words of a text, and the query for them.

Note [Words]. A ``tsvector`` of a text has two kinds of lexemes. Words that spaces divide come from PostgreSQL's own
parser, in the configuration ``simple`` and, where the host chose another one, in that too: so a stemmer finds more,
and never less. Scripts without spaces (Chinese, Japanese, Thai, Lao, Khmer, Burmese; Korean, whose words carry endings)
are cut into overlapping pairs of characters: 北京天气 becomes 北京 京天 天气 气. A fragment is all of its pairs, one
character is the beginning of a pair, and the index that holds the words anyway finds both. Trigrams would be a second
index, at 1.3 times the price of this one and for texts of every script, and cannot find two characters.

Folded is the same on both sides: lower case, without diacritics, in compatibility form (ﬁ is fi, Ａ is a). That is done
with normalize(), which is immutable and everywhere, and not with ``unaccent``, which is neither.

All functions are immutable, so the configuration stands in their text. ``install()`` writes it there.
"""

from __future__ import annotations

from typing import Any

from ..exceptions import MissingExtension, UnknownSearchConfig
from .scripts import FOLDED_AWAY, NEEDS_FOLDING, REPLACED, REPLACEMENTS, UNSPACED

# Characters. With it a tsvector stays below its limit of 1 MB whatever the script; the longest of 60,000 real messages
# had 155,000.
INDEXED = 100_000

FUNCTIONS = """
CREATE OR REPLACE FUNCTION {schema}.aistore_search_config() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT {config_name}::text $$;

CREATE OR REPLACE FUNCTION {schema}.aistore_fold(value text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    IF octet_length(value) = length(value) THEN
        RETURN lower(value);
    END IF;
    IF strpos(value, U&'\\FDD0') > 0 THEN  -- see Note [Escaped characters]
        value := regexp_replace(value, '\\uFDD0[0-9a-f]{{4}}', ' ', 'g');
    END IF;
    IF value ~ '[{needs_folding}]' THEN
        value := normalize(regexp_replace(normalize(value, NFKD), '[{folded_away}]+', '', 'g'), NFC);
        value := replace(replace(replace(lower(value), 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe');
        RETURN translate(value, '{replaced}', '{replacements}');
    END IF;
    RETURN lower(value);
END $$;

-- The parser would make one word each of an address, a path and an identifier, and none of what stands in <brackets>.
CREATE OR REPLACE FUNCTION {schema}.aistore_divide(value text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT {divided}
$$;

CREATE OR REPLACE FUNCTION {schema}.aistore_words(value text) RETURNS tsvector
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    characters text[];
    pairs text[];
BEGIN
    value := left({schema}.aistore_fold(left(value, {indexed})), {indexed});
    value := {divided};
    IF octet_length(value) > length(value) AND value ~ '[{unspaced}]' THEN
        characters := string_to_array(regexp_replace(value, '[^{unspaced}]+', ' ', 'g'), NULL);
        SELECT array_agg(CASE here WHEN ' ' THEN NULL ELSE here || rtrim(next) END) FILTER (WHERE here <> ' ')
            INTO pairs FROM unnest(characters, characters[2:] || ARRAY[' ']) AS pair (here, next);
        value := regexp_replace(value, '[{unspaced}]+', ' ', 'g');
    END IF;
    RETURN {vectors} || array_to_tsvector(coalesce(pairs, '{{}}'));
END $$;

CREATE OR REPLACE FUNCTION {schema}.aistore_term(term text, is_beginning boolean) RETURNS tsquery
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    folded text := {schema}.aistore_divide({schema}.aistore_fold(term));
    spaced text;
    pairs text;
BEGIN
    -- One after the other; of the last one perhaps only the beginning. What has no letter is no word to the parser.
    SELECT string_agg(quote || word || quote, ' <-> ' ORDER BY place) INTO spaced
        FROM (SELECT chr(39) AS quote) AS q, regexp_split_to_table(
            regexp_replace(translate(folded, chr(39) || '\\', '  '), '[{unspaced}]+', ' ', 'g'), '\\s+')
            WITH ORDINALITY AS words (word, place)
        WHERE word ~ '[[:alnum:]]';
    IF is_beginning THEN
        spaced := spaced || ':*';
    END IF;
    SELECT string_agg(chr(39) || pair || chr(39) || CASE length(pair) WHEN 1 THEN ':*' ELSE '' END, ' & ') INTO pairs
        FROM (SELECT regexp_matches(folded, '[{unspaced}]+', 'g')) AS runs (run),
            LATERAL (SELECT substr(run[1], n, 2) FROM generate_series(1, greatest(length(run[1]) - 1, 1)) AS n)
                AS parts (pair);
    RETURN coalesce({queries}, '') && coalesce(pairs::tsquery, '');
END $$;

-- Each item is one term behind a sign: + wanted, * wanted and perhaps only begun, - unwanted. | stands between
-- alternatives.
CREATE OR REPLACE FUNCTION {schema}.aistore_query(items text[]) RETURNS tsquery
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    item text;
    term tsquery;
    one tsquery := '';
    whole tsquery := '';
BEGIN
    FOREACH item IN ARRAY items LOOP
        term := {schema}.aistore_term(substr(item, 2), starts_with(item, '*'));
        IF item = '|' THEN
            whole := whole || one;
            one := '';
        ELSIF starts_with(item, '-') THEN
            one := one && !! term;
        ELSE
            one := one && term;
        END IF;
    END LOOP;
    RETURN whole || one;
END $$;
"""

NO_FUNCTIONS = """
DROP FUNCTION {schema}.aistore_query(text[]);
DROP FUNCTION {schema}.aistore_term(text, boolean);
DROP FUNCTION {schema}.aistore_words(text);
DROP FUNCTION {schema}.aistore_divide(text);
DROP FUNCTION {schema}.aistore_fold(text);
DROP FUNCTION {schema}.aistore_search_config();
"""

# Table, and what its words are made of. What a stream still writes is not searched: it would be cut into words again
# twice a second.
COLUMNS = {
    "aistore_message": "CASE status WHEN 'streaming' THEN NULL ELSE {schema}.aistore_words(content) END",
    "aistore_memory": "setweight({schema}.aistore_words(content), 'A')"
    " || setweight({schema}.aistore_words(question), 'B')",
    "aistore_upload": "setweight({schema}.aistore_words(name), 'A')"
    " || setweight({schema}.aistore_words(text), 'B')",
}
# Out of line rather than compressed: pglz saves little of it and takes 15 % longer.
ADD_WORDS = """
ALTER TABLE {table} ADD COLUMN words tsvector GENERATED ALWAYS AS ({expression}) STORED;
ALTER TABLE {table} ALTER COLUMN words SET STORAGE EXTERNAL;
CREATE INDEX {table}_words ON {table} USING gin (owner_id, words);
"""
DROP_WORDS = "ALTER TABLE {table} DROP COLUMN words"

# By its name where the search_path leads to it, or by schema and name.
FIND_CONFIG = """
SELECT quote_ident(nspname) || '.' || quote_ident(cfgname)
FROM pg_ts_config AS c JOIN pg_namespace AS n ON n.oid = cfgnamespace
WHERE (cfgname = %(config)s AND pg_ts_config_is_visible(c.oid)) OR nspname || '.' || cfgname = %(config)s
LIMIT 1"""

DIVIDERS = "._/@-+:<&"
MADE_HERE = "made by the migrations of aistore"  # the comment on an extension that is dropped with them


def install(connection: Any, config: str) -> None:
    """The functions, for this text search configuration. To be called in a transaction."""
    with connection.cursor() as cursor:
        cursor.execute(FUNCTIONS.format(**_parts(cursor, config)))


def uninstall(connection: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(NO_FUNCTIONS.format(schema=_schema(cursor)))


def add_words(connection: Any) -> None:
    """The columns and their indexes. Rewrites the tables: about a minute for 1,000,000 messages."""
    with connection.cursor() as cursor:
        schema = _schema(cursor)
        for table, expression in COLUMNS.items():
            cursor.execute(ADD_WORDS.format(table=table, expression=expression.format(schema=schema)))


def drop_words(connection: Any) -> None:
    with connection.cursor() as cursor:
        for table in COLUMNS:
            cursor.execute(DROP_WORDS.format(table=table))


def add_extension(connection: Any, name: str) -> None:
    """One that comes with PostgreSQL and is trusted: whoever may create in the database may have it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_extension WHERE extname = %s", [name])
        if cursor.fetchone() is not None:
            return
        cursor.execute(
            "SELECT has_database_privilege(current_database(), 'CREATE'),"
            " EXISTS (SELECT FROM pg_available_extensions WHERE name = %s)",
            [name],
        )
        may_create, is_there = cursor.fetchone()
        if not is_there:
            raise MissingExtension(extension=name, why="the server does not have it")
        if not may_create:
            raise MissingExtension(extension=name, why="this user may not create extensions")
        cursor.execute(f"CREATE EXTENSION {name}; COMMENT ON EXTENSION {name} IS '{MADE_HERE}'")


def drop_extension(connection: Any, name: str) -> None:
    """One that the host had before stays."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT FROM pg_extension WHERE extname = %s AND obj_description(oid, 'pg_extension') = %s",
            [name, MADE_HERE],
        )
        if cursor.fetchone() is not None:
            cursor.execute(f"DROP EXTENSION {name}")


def _parts(cursor: Any, config: str) -> dict[str, Any]:
    configs = ["'pg_catalog.simple'"]
    known = _config(cursor, config)
    if known != "pg_catalog.simple":
        configs.append(_literal(known))
    divided = "value"
    for (
        divider
    ) in DIVIDERS:  # a chain of replace() takes a tenth of the time of translate() or of a regular expression
        divided = f"replace({divided}, '{divider}', ' ')"
    return {
        "schema": _schema(cursor),
        "config_name": _literal(config),
        "indexed": INDEXED,
        "needs_folding": NEEDS_FOLDING,
        "folded_away": FOLDED_AWAY,
        "replaced": REPLACED,
        "replacements": REPLACEMENTS,
        "unspaced": UNSPACED,
        "divided": divided,
        "vectors": " || ".join(f"to_tsvector({name}, value)" for name in configs),
        "queries": " || ".join(f"to_tsquery({name}, spaced)" for name in configs),
    }


def _schema(cursor: Any) -> str:
    """Where the tables are. Written into the functions, since pg_restore runs them with an empty search_path."""
    cursor.execute("SELECT quote_ident(current_schema())")
    return str(cursor.fetchone()[0])


def _config(cursor: Any, config: str) -> str:
    """With its schema."""
    cursor.execute(FIND_CONFIG, {"config": config})
    found = cursor.fetchone()
    if found is None:
        cursor.execute("SELECT cfgname FROM pg_ts_config ORDER BY cfgname")
        raise UnknownSearchConfig(config=config, known=", ".join(name for (name,) in cursor.fetchall()))
    return str(found[0])


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
