-- A data folder's database as ocelot wrote it before the second format, with one stream and one group.
BEGIN TRANSACTION;
CREATE TABLE consumer_group (
        stream_id    TEXT NOT NULL,
        name         TEXT NOT NULL,
        generation   INTEGER NOT NULL,
        last_used_ms INTEGER NOT NULL,
        PRIMARY KEY (stream_id, name)
    ) WITHOUT ROWID;
INSERT INTO "consumer_group" VALUES('ocid1.stream.oc1.local.ama1','g',0,1773450000000);
CREATE TABLE group_instance (
        stream_id     TEXT NOT NULL,
        group_name    TEXT NOT NULL,
        name          TEXT NOT NULL,
        timeout_ms    INTEGER NOT NULL,
        last_seen_ms  INTEGER NOT NULL,
        PRIMARY KEY (stream_id, group_name, name)
    ) WITHOUT ROWID;
INSERT INTO "group_instance" VALUES('ocid1.stream.oc1.local.ama1','g','one',30000,1773450000000);
CREATE TABLE group_partition (
        stream_id         TEXT NOT NULL,
        group_name        TEXT NOT NULL,
        partition_index   INTEGER NOT NULL,
        start_offset      INTEGER NOT NULL,
        committed_offset  INTEGER,
        epoch             INTEGER NOT NULL,
        reserved_instance TEXT,
        reserved_until_ms INTEGER,
        PRIMARY KEY (stream_id, group_name, partition_index)
    ) WITHOUT ROWID;
INSERT INTO "group_partition" VALUES('ocid1.stream.oc1.local.ama1','g',0,0,4,1,NULL,NULL);
CREATE TABLE resource (
        id              TEXT PRIMARY KEY,
        kind            TEXT NOT NULL,
        name            TEXT NOT NULL,
        compartment_id  TEXT NOT NULL,
        parent_id       TEXT,
        state           TEXT NOT NULL,
        etag            TEXT NOT NULL,
        time_created_ms INTEGER NOT NULL,
        time_deleted_ms INTEGER,
        details         TEXT NOT NULL
    ) WITHOUT ROWID;
INSERT INTO "resource" VALUES('ocid1.stream.oc1.local.ama1','stream','orders','ocid1.compartment.oc1..shop','ocid1.streampool.oc1.local.ama1','ACTIVE','"etag"',1773450000000,NULL,'{"partitions":1,"retention_hours":48,"freeform_tags":{},"defined_tags":{}}');
INSERT INTO "resource" VALUES('ocid1.streampool.oc1.local.ama1','streampool','DefaultPool','ocid1.compartment.oc1..shop',NULL,'ACTIVE','"etag"',1773450000000,NULL,'{"is_default":true,"kafka":{"autoCreateTopicsEnable":false,"logRetentionHours":24,"numPartitions":1},"kms_key_id":null,"private_endpoint":null,"security_attributes":{},"freeform_tags":{},"defined_tags":{}}');
CREATE TABLE retry_token (
        token       TEXT PRIMARY KEY,
        request     TEXT NOT NULL,
        reply       TEXT NOT NULL,
        time_ms     INTEGER NOT NULL
    ) WITHOUT ROWID;
CREATE TABLE setting (
        name  TEXT PRIMARY KEY,
        value TEXT NOT NULL
    ) WITHOUT ROWID;
CREATE TABLE work_request (
        id               TEXT PRIMARY KEY,
        service          TEXT NOT NULL,
        compartment_id   TEXT NOT NULL,
        resource_id      TEXT NOT NULL,
        operation_type   TEXT NOT NULL,
        entity_type      TEXT NOT NULL,
        action_type      TEXT NOT NULL,
        time_accepted_ms INTEGER NOT NULL
    ) WITHOUT ROWID;
INSERT INTO "work_request" VALUES('ocid1.streamworkrequest.oc1.local.ama1','streaming','ocid1.compartment.oc1..shop','ocid1.stream.oc1.local.ama1','CREATE_STREAM','stream','CREATED',1773450000000);
CREATE INDEX resource_by_compartment_name ON resource (kind, compartment_id, name, id);
CREATE INDEX resource_by_compartment_time ON resource (kind, compartment_id, time_created_ms, id);
CREATE INDEX resource_by_parent_name ON resource (kind, parent_id, name, id);
CREATE INDEX resource_by_name ON resource (kind, name);
CREATE INDEX work_request_by_compartment ON work_request (service, compartment_id, time_accepted_ms, id);
COMMIT;
PRAGMA user_version = 1;
