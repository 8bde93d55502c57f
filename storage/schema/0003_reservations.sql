-- Version 3: reservations by more than one mark of a client, and without an address.
CREATE TABLE reservation_before AS SELECT * FROM reservation;

DROP VIEW reservations;
DROP TABLE reservation;

CREATE TABLE reservation (
    id INTEGER PRIMARY KEY,
    address INTEGER,
    subnet_id INTEGER NOT NULL,
    hw_type INTEGER,
    hw_address BLOB,
    client_id BLOB,
    duid BLOB,
    circuit_id BLOB,
    remote_id BLOB,
    hostname BLOB
) STRICT;

CREATE INDEX reservation_by_address ON reservation (address);

INSERT INTO reservation (address, subnet_id, hw_type, hw_address, client_id, hostname)
SELECT address, subnet_id, hw_type, hw_address, client_id, hostname FROM reservation_before;

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
        '0x' || lower(hex(r.hostname)), CAST(r.hostname AS TEXT)) AS hostname
FROM (SELECT *, lower(hex(hw_address)) AS hw_hex FROM reservation) AS r
LEFT JOIN subnet AS s ON s.id = r.subnet_id
LEFT JOIN network AS n ON n.id = s.network_id;
