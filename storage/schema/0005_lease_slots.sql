-- Version 5: the rows of leases in the order in which their addresses were first used.
--
-- New leases, whose addresses are drawn by a hash, come to stand side by side on the last page,
-- where a table in the order of addresses writes a page for each of them. Clients that came
-- together renew together, so it is the same for renewals. Slots count from 1 without a gap.
CREATE TABLE lease_before AS SELECT * FROM lease ORDER BY address;

DROP TABLE lease;

CREATE TABLE lease (
    slot INTEGER PRIMARY KEY,
    address INTEGER NOT NULL,
    state TEXT NOT NULL CHECK ( -- not IN (...): that builds a table for every row written
        state = 'bound' OR state = 'released' OR state = 'expired' OR state = 'declined'),
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

INSERT INTO lease (address, state, subnet_id, client_key, hw_type, hw_address, started_at_ms,
    renewed_at_ms, expires_at_ms, held_until_ms, node, server_id, relay, hostname, agent_info,
    vendor_class, user_class, circuit_id, remote_id)
SELECT address, state, subnet_id, client_key, hw_type, hw_address, started_at_ms, renewed_at_ms,
    expires_at_ms, held_until_ms, node, server_id, relay, hostname, agent_info, vendor_class,
    user_class, circuit_id, remote_id
FROM lease_before ORDER BY address;

DROP TABLE lease_before;

-- The same view of the pools in one pass over the leases, which are in no order of addresses now.
-- Pools do not overlap: the last one that begins at or before an address is the one, if any.
CREATE INDEX pool_first ON pool (first);
CREATE INDEX pool_exclude_pool ON pool_exclude (pool_id, first);

DROP VIEW pools;

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
        coalesce(u.used, 0) AS used,
        (SELECT count(DISTINCT r.address) FROM reservation AS r
            WHERE r.address BETWEEN p.first AND p.last
            AND NOT EXISTS (
                SELECT 1 FROM pool_exclude AS e
                WHERE e.pool_id = p.id AND r.address BETWEEN e.first AND e.last)
        ) - coalesce(u.used_reserved, 0) AS reserved
    FROM pool AS p
    JOIN subnet AS s ON s.id = p.subnet_id
    JOIN network AS n ON n.id = s.network_id
    LEFT JOIN pool_use AS u ON u.pool_id = p.id
);

-- For the view of the pools: how many addresses are held, and how many of those are reserved.
CREATE VIEW pool_use AS
SELECT p.id AS pool_id, count(*) AS used,
    sum(EXISTS (SELECT 1 FROM reservation AS r WHERE r.address = h.address)) AS used_reserved
FROM (
    SELECT
        address,
        (SELECT q.id FROM pool AS q WHERE q.first <= address ORDER BY q.first DESC LIMIT 1) AS pool_id
    FROM held_address
) AS h
JOIN pool AS p ON p.id = h.pool_id
WHERE h.address <= p.last AND NOT EXISTS (
    SELECT 1 FROM pool_exclude AS e
    WHERE e.pool_id = p.id AND h.address BETWEEN e.first AND e.last)
GROUP BY p.id;
