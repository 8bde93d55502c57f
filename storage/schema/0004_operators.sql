-- Version 4: reservations and blocks that commands make, beside the settings.

-- The truth of what PutReservation has put; the settings' own are in setting.document.
CREATE TABLE kept_reservation (
    id INTEGER PRIMARY KEY,
    version INTEGER NOT NULL, -- index of the log entry that put it last
    put_at_ms INTEGER NOT NULL,
    author BLOB,
    subnet_id INTEGER NOT NULL, -- of one without an address; else 0
    reservation BLOB NOT NULL -- as in the log (settings.proto)
) STRICT;

CREATE TABLE block (
    kind TEXT NOT NULL CHECK (
        kind = 'client-id' OR kind = 'hw-address' OR kind = 'hw-prefix' OR kind = 'address'),
    value BLOB NOT NULL,
    version INTEGER NOT NULL,
    put_at_ms INTEGER NOT NULL,
    comment BLOB,
    author BLOB,
    PRIMARY KEY (kind, value)
) STRICT, WITHOUT ROWID;

-- Derived, for the views: the reservations of both kinds.
CREATE TABLE reservation_before AS
SELECT r.*, coalesce(s.applied_index, 0) AS applied_index, coalesce(s.applied_at_ms, 0) AS applied_at_ms
FROM reservation AS r LEFT JOIN setting AS s;

DROP VIEW reservations;
DROP TABLE reservation;
CREATE TABLE reservation (
    row INTEGER PRIMARY KEY,
    id INTEGER NOT NULL,
    origin TEXT NOT NULL CHECK (origin = 'file' OR origin = 'command'),
    version INTEGER NOT NULL,
    put_at_ms INTEGER NOT NULL,
    author BLOB,
    address INTEGER,
    subnet_id INTEGER NOT NULL,
    hw_type INTEGER,
    hw_address BLOB,
    client_id BLOB,
    duid BLOB,
    circuit_id BLOB,
    remote_id BLOB,
    hostname BLOB,
    options BLOB,
    comment BLOB,
    tags BLOB
) STRICT;
CREATE INDEX reservation_by_id ON reservation (id);
CREATE INDEX reservation_by_address ON reservation (address);

-- What an earlier version has written has no number of its own yet.
INSERT INTO reservation (id, origin, version, put_at_ms, address, subnet_id, hw_type, hw_address,
    client_id, duid, circuit_id, remote_id, hostname)
SELECT id, 'file', applied_index, applied_at_ms, address, subnet_id, hw_type, hw_address,
    client_id, duid, circuit_id, remote_id, hostname
FROM reservation_before;

DROP TABLE reservation_before;

-- A reservation matches a client that has every mark it names.
CREATE VIEW reservations AS
SELECT
    (r.address >> 24) || '.' || (r.address >> 16 & 255) || '.' || (r.address >> 8 & 255) || '.' || (r.address & 255) AS address, -- NULL: none
    n.name AS network,
    (r.subnet_id >> 24) || '.' || (r.subnet_id >> 16 & 255) || '.' || (r.subnet_id >> 8 & 255) || '.' || (r.subnet_id & 255) AS subnet,
    nullif(rtrim(
        substr(r.hw_hex, 1, 2) || ':' || substr(r.hw_hex, 3, 2) || ':' || substr(r.hw_hex, 5, 2) || ':' || substr(r.hw_hex, 7, 2)
        || ':' || substr(r.hw_hex, 9, 2) || ':' || substr(r.hw_hex, 11, 2) || ':' || substr(r.hw_hex, 13, 2) || ':' || substr(r.hw_hex, 15, 2)
        || ':' || substr(r.hw_hex, 17, 2) || ':' || substr(r.hw_hex, 19, 2) || ':' || substr(r.hw_hex, 21, 2) || ':' || substr(r.hw_hex, 23, 2)
        || ':' || substr(r.hw_hex, 25, 2) || ':' || substr(r.hw_hex, 27, 2) || ':' || substr(r.hw_hex, 29, 2) || ':' || substr(r.hw_hex, 31, 2), ':'), '') AS hw_address,
    nullif(lower(hex(r.client_id)), '') AS client_id,
    nullif(lower(hex(r.duid)), '') AS duid,
    iif(instr(r.circuit_id, x'00') OR CAST(r.circuit_id AS TEXT) GLOB '*[^ -~]*',
        '0x' || lower(hex(r.circuit_id)), CAST(r.circuit_id AS TEXT)) AS circuit_id,
    iif(instr(r.remote_id, x'00') OR CAST(r.remote_id AS TEXT) GLOB '*[^ -~]*',
        '0x' || lower(hex(r.remote_id)), CAST(r.remote_id AS TEXT)) AS remote_id,
    iif(instr(r.hostname, x'00') OR CAST(r.hostname AS TEXT) GLOB '*[^ -~]*',
        '0x' || lower(hex(r.hostname)), CAST(r.hostname AS TEXT)) AS hostname,
    printf('%016x', r.id) AS id, -- stays the same while address and client do
    r.origin, -- file: of the settings; command: made beside them
    r.version, -- log index of its last change
    strftime('%Y-%m-%dT%H:%M:%fZ', r.put_at_ms / 1000.0, 'unixepoch') AS put_at,
    CAST(r.author AS TEXT) AS author,
    r.hw_type,
    CAST(r.options AS TEXT) AS options, -- a JSON object: option-N to 0x and hex
    CAST(r.comment AS TEXT) AS comment,
    CAST(r.tags AS TEXT) AS tags,
    r.put_at_ms,
    r.address AS address_n
FROM (SELECT *, lower(hex(hw_address)) AS hw_hex FROM reservation) AS r
LEFT JOIN subnet AS s ON s.id = r.subnet_id
LEFT JOIN network AS n ON n.id = s.network_id;

-- Clients that get nothing, addresses that nobody gets.
CREATE VIEW blocks AS
SELECT
    b.kind, -- client-id, hw-address, hw-prefix or address
    iif(b.kind = 'address',
        (SELECT ((b.n >> 24) || '.' || (b.n >> 16 & 255) || '.' || (b.n >> 8 & 255) || '.' || (b.n & 255))),
        iif(b.kind = 'client-id', b.hex, rtrim(
            substr(b.hex, 1, 2) || ':' || substr(b.hex, 3, 2) || ':' || substr(b.hex, 5, 2) || ':' || substr(b.hex, 7, 2)
            || ':' || substr(b.hex, 9, 2) || ':' || substr(b.hex, 11, 2) || ':' || substr(b.hex, 13, 2) || ':' || substr(b.hex, 15, 2)
            || ':' || substr(b.hex, 17, 2) || ':' || substr(b.hex, 19, 2) || ':' || substr(b.hex, 21, 2) || ':' || substr(b.hex, 23, 2)
            || ':' || substr(b.hex, 25, 2) || ':' || substr(b.hex, 27, 2) || ':' || substr(b.hex, 29, 2) || ':' || substr(b.hex, 31, 2), ':'))) AS value,
    CAST(b.comment AS TEXT) AS comment,
    CAST(b.author AS TEXT) AS author,
    strftime('%Y-%m-%dT%H:%M:%fZ', b.put_at_ms / 1000.0, 'unixepoch') AS put_at,
    b.version, -- log index of its last change
    b.put_at_ms
FROM (
    SELECT *, lower(hex(value)) AS hex,
        (instr('0123456789ABCDEF', substr(hex(value), 1, 1)) - 1) * 268435456
        + (instr('0123456789ABCDEF', substr(hex(value), 2, 1)) - 1) * 16777216
        + (instr('0123456789ABCDEF', substr(hex(value), 3, 1)) - 1) * 1048576
        + (instr('0123456789ABCDEF', substr(hex(value), 4, 1)) - 1) * 65536
        + (instr('0123456789ABCDEF', substr(hex(value), 5, 1)) - 1) * 4096
        + (instr('0123456789ABCDEF', substr(hex(value), 6, 1)) - 1) * 256
        + (instr('0123456789ABCDEF', substr(hex(value), 7, 1)) - 1) * 16
        + (instr('0123456789ABCDEF', substr(hex(value), 8, 1)) - 1) AS n
    FROM block
) AS b;
