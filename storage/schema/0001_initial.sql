-- Version 1 of the database. This file is never edited again: changes are later numbers.
--
-- Names that end in _ms are milliseconds since 1970 UTC by cluster time, NULL is "never ends".
-- Addresses are integers in host order. 64-bit identifiers are kept as signed integers.
-- Tables are ours to change; people and programs read the views.

-- One row: what database this is, and how far the log is applied.
CREATE TABLE meta (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    cluster TEXT NOT NULL,
    node INTEGER NOT NULL, -- whose database this is: the one value that differs between nodes
    cluster_id INTEGER NOT NULL, -- 0: not formed yet
    applied_index INTEGER NOT NULL,
    term INTEGER NOT NULL,
    cluster_time_ms INTEGER NOT NULL,
    digest BLOB NOT NULL CHECK (length(digest) = 16)
) STRICT;

CREATE TABLE lease (
    address INTEGER PRIMARY KEY,
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

-- One row per tenancy that has ended; those that go on are in lease.
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
        OR reason = 'taken')
) STRICT;

CREATE TABLE node (
    id INTEGER PRIMARY KEY,
    incarnation INTEGER NOT NULL,
    address BLOB NOT NULL
) STRICT;

-- Which commands of a node were applied: a window of sequence numbers behind the highest one.
CREATE TABLE origin (
    node INTEGER PRIMARY KEY,
    boot_id INTEGER NOT NULL,
    max_sequence INTEGER NOT NULL,
    seen BLOB NOT NULL CHECK (length(seen) = 512)
) STRICT;

-- One row, or none: the settings in force.
CREATE TABLE setting (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    version INTEGER NOT NULL,
    applied_index INTEGER NOT NULL,
    applied_at_ms INTEGER NOT NULL,
    document BLOB NOT NULL,
    source BLOB NOT NULL
) STRICT;

-- Derived from setting.document when it changes, for the views alone.
CREATE TABLE network (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL
) STRICT;

CREATE TABLE subnet (
    id INTEGER PRIMARY KEY, -- its network address
    network_id INTEGER NOT NULL,
    prefix_length INTEGER NOT NULL
) STRICT;

CREATE TABLE pool (
    id INTEGER PRIMARY KEY,
    subnet_id INTEGER NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL
) STRICT;

CREATE TABLE pool_exclude (
    pool_id INTEGER NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL
) STRICT;

CREATE TABLE reservation (
    address INTEGER PRIMARY KEY,
    subnet_id INTEGER NOT NULL,
    hw_type INTEGER,
    hw_address BLOB,
    client_id BLOB,
    hostname BLOB
) STRICT;
