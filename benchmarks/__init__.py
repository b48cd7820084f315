"""How fast aistore is, against the same work in raw psycopg and against others, in one run on one machine.

python -m benchmarks.messages   append, extend, last, path, delete, start; growth with the number of messages
python -m benchmarks.import_rate  an import, against a bare COPY of the same rows; its memory on 1 GB
python -m benchmarks.plans      how PostgreSQL answers every list and named query on 1,000,000 messages

Read ratios, not microseconds: both sides of a row are measured in turns, so a busy minute hits both.
`server` gives the databases, `data` fills them, `raw` is the limit, `peers` are the others, `rounds` takes the
time, `table` prints.
"""
