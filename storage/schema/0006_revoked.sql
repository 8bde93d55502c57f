-- Version 6: leases that an operator has revoked. Tables are made anew: that is how a CHECK changes.
CREATE TABLE lease_before AS SELECT * FROM lease ORDER BY slot;
DROP TABLE lease;

CREATE TABLE lease (
    slot INTEGER PRIMARY KEY,
    address INTEGER NOT NULL,
    state TEXT NOT NULL CHECK ( -- not IN (...): that builds a table for every row written
        state = 'bound' OR state = 'released' OR state = 'expired' OR state = 'declined'
        OR state = 'revoked'),
    subnet_id INTEGER NOT NULL,
    client_key BLOB NOT NULL,
    hw_type INTEGER NOT NULL,
    hw_address BLOB NOT NULL,
    started_at_ms INTEGER NOT NULL,
    renewed_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER,
    held_until_ms INTEGER,
    node INTEGER NOT NULL,
    server_id INTEGER NOT NULL,
    relay INTEGER NOT NULL,
    hostname BLOB,
    agent_info BLOB,
    vendor_class BLOB,
    user_class BLOB,
    circuit_id BLOB, -- these two are copies of what is inside agent_info
    remote_id BLOB
) STRICT;

INSERT INTO lease SELECT * FROM lease_before ORDER BY slot;
DROP TABLE lease_before;

CREATE TABLE lease_history_before AS SELECT * FROM lease_history ORDER BY id;
DROP TABLE lease_history;

CREATE TABLE lease_history (
    id INTEGER PRIMARY KEY,
    address INTEGER NOT NULL,
    client_key BLOB NOT NULL,
    hw_type INTEGER NOT NULL,
    hw_address BLOB NOT NULL,
    hostname BLOB,
    circuit_id BLOB,
    remote_id BLOB,
    node INTEGER NOT NULL,
    started_at_ms INTEGER NOT NULL,
    renewed_at_ms INTEGER NOT NULL,
    ended_at_ms INTEGER NOT NULL,
    reason TEXT NOT NULL CHECK (
        reason = 'released' OR reason = 'expired' OR reason = 'declined' OR reason = 'moved'
        OR reason = 'taken' OR reason = 'revoked')
) STRICT;

INSERT INTO lease_history SELECT * FROM lease_history_before ORDER BY id;
DROP TABLE lease_history_before;

DROP VIEW history;

-- Who had an address from when to when. Tenancies that go on have no end and no reason.
CREATE VIEW history AS
SELECT
    (h.address >> 24) || '.' || (h.address >> 16 & 255) || '.' || (h.address >> 8 & 255) || '.' || (h.address & 255) AS address,
    nullif(rtrim(
        substr(h.hw_hex, 1, 2) || ':' || substr(h.hw_hex, 3, 2) || ':' || substr(h.hw_hex, 5, 2) || ':' || substr(h.hw_hex, 7, 2)
        || ':' || substr(h.hw_hex, 9, 2) || ':' || substr(h.hw_hex, 11, 2) || ':' || substr(h.hw_hex, 13, 2) || ':' || substr(h.hw_hex, 15, 2)
        || ':' || substr(h.hw_hex, 17, 2) || ':' || substr(h.hw_hex, 19, 2) || ':' || substr(h.hw_hex, 21, 2) || ':' || substr(h.hw_hex, 23, 2)
        || ':' || substr(h.hw_hex, 25, 2) || ':' || substr(h.hw_hex, 27, 2) || ':' || substr(h.hw_hex, 29, 2) || ':' || substr(h.hw_hex, 31, 2), ':'), '') AS hw_address,
    lower(hex(h.client_key)) AS client_id,
    iif(instr(h.hostname, x'00') OR CAST(h.hostname AS TEXT) GLOB '*[^ -~]*',
        '0x' || lower(hex(h.hostname)), CAST(h.hostname AS TEXT)) AS hostname,
    iif(instr(h.circuit_id, x'00') OR CAST(h.circuit_id AS TEXT) GLOB '*[^ -~]*',
        '0x' || lower(hex(h.circuit_id)), CAST(h.circuit_id AS TEXT)) AS circuit_id,
    iif(instr(h.remote_id, x'00') OR CAST(h.remote_id AS TEXT) GLOB '*[^ -~]*',
        '0x' || lower(hex(h.remote_id)), CAST(h.remote_id AS TEXT)) AS remote_id,
    h.node,
    strftime('%Y-%m-%dT%H:%M:%fZ', h.started_at_ms / 1000.0, 'unixepoch') AS started_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', h.renewed_at_ms / 1000.0, 'unixepoch') AS renewed_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', h.ended_at_ms / 1000.0, 'unixepoch') AS ended_at,
    h.reason,
    h.started_at_ms,
    h.renewed_at_ms,
    h.ended_at_ms
FROM (
    SELECT address, client_key, hostname, circuit_id, remote_id, node, started_at_ms,
        renewed_at_ms, ended_at_ms, reason, lower(hex(hw_address)) AS hw_hex
    FROM lease_history
    UNION ALL
    SELECT address, client_key, hostname, circuit_id, remote_id, node, started_at_ms,
        renewed_at_ms, NULL, NULL, lower(hex(hw_address))
    FROM lease
    WHERE state = 'bound' OR state = 'revoked'
) AS h;

DROP VIEW held_address;

-- For the view of the pools.
CREATE VIEW held_address AS
SELECT l.address
FROM lease AS l, meta AS m
WHERE l.state IN ('bound', 'declined', 'revoked')
    AND (l.held_until_ms IS NULL OR l.held_until_ms > m.cluster_time_ms);
