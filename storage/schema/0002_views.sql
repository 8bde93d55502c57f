-- Version 2: the views, the interface for people and programs.
--
-- Addresses are dotted text, hardware addresses colon hex, client ids hex. Times are ISO 8601 in
-- UTC (and cluster time), with the same in milliseconds since 1970 in a column that ends in _ms;
-- "never" there is NULL. Text that came from a client is shown as it is when it is printable
-- ASCII, as 0x and hex otherwise. Only SQLite's own functions are used, so that any client of
-- the database can read them.

-- Every row, also those that only remember their last client.
CREATE VIEW leases AS
SELECT
    (l.address >> 24) || '.' || (l.address >> 16 & 255) || '.' || (l.address >> 8 & 255) || '.' || (l.address & 255) AS address,
    n.name AS network,
    (l.subnet_id >> 24) || '.' || (l.subnet_id >> 16 & 255) || '.' || (l.subnet_id >> 8 & 255) || '.' || (l.subnet_id & 255) AS subnet,
    l.state,
    iif(length(l.hw_hex) = 12, -- Ethernet: a third of the work
        substr(l.hw_hex, 1, 2) || ':' || substr(l.hw_hex, 3, 2) || ':' || substr(l.hw_hex, 5, 2) || ':' || substr(l.hw_hex, 7, 2)
        || ':' || substr(l.hw_hex, 9, 2) || ':' || substr(l.hw_hex, 11, 2),
        nullif(rtrim(
            substr(l.hw_hex, 1, 2) || ':' || substr(l.hw_hex, 3, 2) || ':' || substr(l.hw_hex, 5, 2) || ':' || substr(l.hw_hex, 7, 2)
            || ':' || substr(l.hw_hex, 9, 2) || ':' || substr(l.hw_hex, 11, 2) || ':' || substr(l.hw_hex, 13, 2) || ':' || substr(l.hw_hex, 15, 2)
            || ':' || substr(l.hw_hex, 17, 2) || ':' || substr(l.hw_hex, 19, 2) || ':' || substr(l.hw_hex, 21, 2) || ':' || substr(l.hw_hex, 23, 2)
            || ':' || substr(l.hw_hex, 25, 2) || ':' || substr(l.hw_hex, 27, 2) || ':' || substr(l.hw_hex, 29, 2) || ':' || substr(l.hw_hex, 31, 2), ':'), '')) AS hw_address,
    l.hw_type,
    lower(hex(l.client_key)) AS client_id,
    iif(instr(l.hostname, x'00') OR CAST(l.hostname AS TEXT) GLOB '*[^ -~]*',
        '0x' || lower(hex(l.hostname)), CAST(l.hostname AS TEXT)) AS hostname,
    strftime('%Y-%m-%dT%H:%M:%fZ', l.started_at_ms / 1000.0, 'unixepoch') AS started_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', l.renewed_at_ms / 1000.0, 'unixepoch') AS renewed_at,
    coalesce(strftime('%Y-%m-%dT%H:%M:%fZ', l.expires_at_ms / 1000.0, 'unixepoch'), 'never') AS expires_at, -- the promise
    coalesce(strftime('%Y-%m-%dT%H:%M:%fZ', l.held_until_ms / 1000.0, 'unixepoch'), 'never') AS held_until, -- not before this is it given to another
    l.node,
    (l.server_id >> 24) || '.' || (l.server_id >> 16 & 255) || '.' || (l.server_id >> 8 & 255) || '.' || (l.server_id & 255) AS server_id,
    nullif((l.relay >> 24) || '.' || (l.relay >> 16 & 255) || '.' || (l.relay >> 8 & 255) || '.' || (l.relay & 255), '0.0.0.0') AS relay,
    iif(instr(l.circuit_id, x'00') OR CAST(l.circuit_id AS TEXT) GLOB '*[^ -~]*',
        '0x' || lower(hex(l.circuit_id)), CAST(l.circuit_id AS TEXT)) AS circuit_id,
    iif(instr(l.remote_id, x'00') OR CAST(l.remote_id AS TEXT) GLOB '*[^ -~]*',
        '0x' || lower(hex(l.remote_id)), CAST(l.remote_id AS TEXT)) AS remote_id,
    iif(instr(l.vendor_class, x'00') OR CAST(l.vendor_class AS TEXT) GLOB '*[^ -~]*',
        '0x' || lower(hex(l.vendor_class)), CAST(l.vendor_class AS TEXT)) AS vendor_class,
    iif(instr(l.user_class, x'00') OR CAST(l.user_class AS TEXT) GLOB '*[^ -~]*',
        '0x' || lower(hex(l.user_class)), CAST(l.user_class AS TEXT)) AS user_class,
    l.started_at_ms,
    l.renewed_at_ms,
    l.expires_at_ms,
    l.held_until_ms,
    l.address AS address_n
FROM (SELECT *, lower(hex(hw_address)) AS hw_hex FROM lease) AS l
LEFT JOIN subnet AS s ON s.id = l.subnet_id
LEFT JOIN network AS n ON n.id = s.network_id;

-- Bound, and the promise not over at the cluster time of the last applied entry.
CREATE VIEW active_leases AS
SELECT leases.*
FROM leases, meta
WHERE state = 'bound' AND (expires_at_ms IS NULL OR expires_at_ms > meta.cluster_time_ms);

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
    WHERE state = 'bound'
) AS h;

CREATE VIEW reservations AS
SELECT
    (r.address >> 24) || '.' || (r.address >> 16 & 255) || '.' || (r.address >> 8 & 255) || '.' || (r.address & 255) AS address,
    n.name AS network,
    (r.subnet_id >> 24) || '.' || (r.subnet_id >> 16 & 255) || '.' || (r.subnet_id >> 8 & 255) || '.' || (r.subnet_id & 255) AS subnet,
    nullif(rtrim(
        substr(r.hw_hex, 1, 2) || ':' || substr(r.hw_hex, 3, 2) || ':' || substr(r.hw_hex, 5, 2) || ':' || substr(r.hw_hex, 7, 2)
        || ':' || substr(r.hw_hex, 9, 2) || ':' || substr(r.hw_hex, 11, 2) || ':' || substr(r.hw_hex, 13, 2) || ':' || substr(r.hw_hex, 15, 2)
        || ':' || substr(r.hw_hex, 17, 2) || ':' || substr(r.hw_hex, 19, 2) || ':' || substr(r.hw_hex, 21, 2) || ':' || substr(r.hw_hex, 23, 2)
        || ':' || substr(r.hw_hex, 25, 2) || ':' || substr(r.hw_hex, 27, 2) || ':' || substr(r.hw_hex, 29, 2) || ':' || substr(r.hw_hex, 31, 2), ':'), '') AS hw_address, -- it matches by this
    nullif(lower(hex(r.client_id)), '') AS client_id, -- or by this
    iif(instr(r.hostname, x'00') OR CAST(r.hostname AS TEXT) GLOB '*[^ -~]*',
        '0x' || lower(hex(r.hostname)), CAST(r.hostname AS TEXT)) AS hostname
FROM (SELECT *, lower(hex(hw_address)) AS hw_hex FROM reservation) AS r
LEFT JOIN subnet AS s ON s.id = r.subnet_id
LEFT JOIN network AS n ON n.id = s.network_id;

-- used: held for a client or in quarantine. reserved: for a client that does not hold it now.
CREATE VIEW pools AS
SELECT network, subnet, first_address, last_address, size, used, reserved,
    size - used - reserved AS free,
    round(100.0 * (used + reserved) / max(size, 1), 1) AS used_percent
FROM (
    SELECT
        n.name AS network,
        (s.id >> 24) || '.' || (s.id >> 16 & 255) || '.' || (s.id >> 8 & 255) || '.' || (s.id & 255) || '/' || s.prefix_length AS subnet,
        (p.first >> 24) || '.' || (p.first >> 16 & 255) || '.' || (p.first >> 8 & 255) || '.' || (p.first & 255) AS first_address,
        (p.last >> 24) || '.' || (p.last >> 16 & 255) || '.' || (p.last >> 8 & 255) || '.' || (p.last & 255) AS last_address,
        p.last - p.first + 1 - (
            SELECT coalesce(sum(e.last - e.first + 1), 0) FROM pool_exclude AS e
            WHERE e.pool_id = p.id) AS size,
        (SELECT count(*) FROM held_address AS h
            WHERE h.address BETWEEN p.first AND p.last AND NOT EXISTS (
                SELECT 1 FROM pool_exclude AS e
                WHERE e.pool_id = p.id AND h.address BETWEEN e.first AND e.last)) AS used,
        (SELECT count(*) FROM reservation AS r
            WHERE r.address BETWEEN p.first AND p.last
            AND NOT EXISTS (SELECT 1 FROM held_address AS h WHERE h.address = r.address)
            AND NOT EXISTS (
                SELECT 1 FROM pool_exclude AS e
                WHERE e.pool_id = p.id AND r.address BETWEEN e.first AND e.last)) AS reserved
    FROM pool AS p
    JOIN subnet AS s ON s.id = p.subnet_id
    JOIN network AS n ON n.id = s.network_id
);

-- For the view of the pools.
CREATE VIEW held_address AS
SELECT l.address
FROM lease AS l, meta AS m
WHERE l.state IN ('bound', 'declined')
    AND (l.held_until_ms IS NULL OR l.held_until_ms > m.cluster_time_ms);

CREATE VIEW networks AS
SELECT
    n.name AS network,
    (SELECT group_concat((s.id >> 24) || '.' || (s.id >> 16 & 255) || '.' || (s.id >> 8 & 255) || '.' || (s.id & 255) || '/' || s.prefix_length, ' ')
        FROM subnet AS s WHERE s.network_id = n.id) AS subnets,
    (SELECT count(*) FROM pool AS p JOIN subnet AS s ON s.id = p.subnet_id
        WHERE s.network_id = n.id) AS pools,
    (SELECT count(*) FROM reservation AS r JOIN subnet AS s ON s.id = r.subnet_id
        WHERE s.network_id = n.id) AS reservations
FROM network AS n;

-- The settings in force, and the text they were made from.
CREATE VIEW settings AS
SELECT
    version,
    applied_index,
    strftime('%Y-%m-%dT%H:%M:%fZ', applied_at_ms / 1000.0, 'unixepoch') AS applied_at,
    CAST(source AS TEXT) AS source,
    applied_at_ms
FROM setting;

-- Every node that ever joined.
CREATE VIEW nodes AS
SELECT
    id AS node,
    iif(instr(address, x'00') OR CAST(address AS TEXT) GLOB '*[^ -~]*',
        '0x' || lower(hex(address)), CAST(address AS TEXT)) AS address,
    printf('%016x', incarnation) AS incarnation
FROM node;

-- This database: whose it is and how far the log is applied. Equal digests at equal indexes
-- mean equal leases, settings and nodes.
CREATE VIEW cluster AS
SELECT
    cluster,
    printf('%016x', cluster_id) AS cluster_id,
    node,
    applied_index,
    term,
    strftime('%Y-%m-%dT%H:%M:%fZ', cluster_time_ms / 1000.0, 'unixepoch') AS cluster_time,
    lower(hex(digest)) AS digest,
    cluster_time_ms
FROM meta;
