-- Version 7: the settings of the past, with who brought them into force and why.
CREATE TABLE setting_version (
    version INTEGER PRIMARY KEY,
    applied_index INTEGER NOT NULL,
    applied_at_ms INTEGER NOT NULL,
    source BLOB NOT NULL,
    comment BLOB,
    author BLOB
) STRICT;

INSERT INTO setting_version (version, applied_index, applied_at_ms, source)
SELECT version, applied_index, applied_at_ms, source FROM setting;

DROP VIEW settings;

-- The last ones, each with the text it was made from; one of them is in force.
CREATE VIEW settings AS
SELECT
    v.version,
    v.applied_index,
    strftime('%Y-%m-%dT%H:%M:%fZ', v.applied_at_ms / 1000.0, 'unixepoch') AS applied_at,
    CAST(v.source AS TEXT) AS source,
    v.applied_at_ms,
    CAST(v.author AS TEXT) AS author, -- who brought it into force
    CAST(v.comment AS TEXT) AS comment,
    v.version = s.version AS in_force
FROM setting_version AS v, setting AS s;
