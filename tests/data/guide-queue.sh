#!/usr/bin/env bash
# The documented commands of the event services guide that are about Queue. Needs only `oci` on the PATH.
set -euo pipefail
C="${COMPARTMENT:-ocid1.compartment.oc1..lab}"

echo "== queue"
oci queue queue-admin queue create --compartment-id "$C" --display-name hello_world \
  --visibility-in-seconds 30 --retention-in-seconds 86400 --dlq-delivery-count 3 \
  --wait-for-state SUCCEEDED --wait-interval-seconds 1 > /dev/null
QUEUE=$(oci queue queue-admin queue list --compartment-id "$C" --display-name hello_world --query 'data.items[0].id' --raw-output)
oci queue messages put-messages --queue-id "$QUEUE" --messages '[{"content": "This is a message"}]'
RECEIPT=$(oci queue messages get-messages --queue-id "$QUEUE" --visibility-in-seconds 5 --timeout-in-seconds 7 --limit 5 \
  --query 'data.messages[0].receipt' --raw-output)
oci queue messages delete-message --queue-id "$QUEUE" --message-receipt "$RECEIPT" --force
oci queue messages get-stats --queue-id "$QUEUE"
echo "== done"
