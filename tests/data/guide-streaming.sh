#!/usr/bin/env bash
# The documented commands of the event services guide that are about Streaming. Needs only `oci` on the PATH.
set -euo pipefail
C="${COMPARTMENT:-ocid1.compartment.oc1..lab}"

echo "== stream pool and stream"
POOL=$(oci streaming admin stream-pool create \
  --compartment-id "$C" \
  --name "production-events" \
  --kafka-settings '{
    "autoCreateTopicsEnable": false,
    "numPartitions": 1,
    "logRetentionHours": 24,
    "replicationFactor": 1
  }' --query data.id --raw-output)            # replicationFactor: documented spelling, not a field of the API

oci streaming admin stream-pool get \
  --stream-pool-id "$POOL" \
  --query 'data.{"Name": name, "Kafka Endpoint": "kafka-settings"."bootstrap-servers", "State": "lifecycle-state"}' \
  --output table

STREAM=$(oci streaming admin stream create \
  --compartment-id "$C" \
  --name "order-events" \
  --partitions 6 \
  --stream-pool-id "$POOL" \
  --retention-in-hours 168 --query data.id --raw-output)   # compartment and pool together: documented spelling

oci streaming admin stream list \
  --compartment-id "$C" \
  --stream-pool-id "$POOL" \
  --lifecycle-state ACTIVE \
  --query 'data[].{"Name": name, "Partitions": partitions, "Retention (hrs)": "retention-in-hours", "ID": id}' \
  --output table

echo "== produce and consume"
oci streaming stream message put --stream-id "$STREAM" \
  --messages "[{\"key\": \"$(printf ORD-2026-0001 | base64)\", \"value\": \"$(printf '{"orderId":"ORD-2026-0001","total":239.96}' | base64 -w0)\"}]"
for p in 0 1 2 3 4 5; do
  CUR=$(oci streaming stream cursor create-cursor --stream-id "$STREAM" --partition "$p" --type TRIM_HORIZON --query data.value --raw-output)
  oci streaming stream message get --stream-id "$STREAM" --cursor "$CUR" --limit 100
done

echo "== done"
