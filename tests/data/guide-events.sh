#!/usr/bin/env bash
# The documented commands of the event services guide that are about rules. Needs only `oci` on the PATH.
set -euo pipefail
C="${COMPARTMENT:-ocid1.compartment.oc1..lab}"

STREAM=$(oci streaming admin stream create --compartment-id "$C" --name "order-events" --partitions 1 \
  --query data.id --raw-output)
TOPIC=$(oci ons topic create --compartment-id "$C" --name "infrastructure-alerts" --query 'data."topic-id"' --raw-output)

echo "== event rules"
oci events rule create \
  --compartment-id "$C" \
  --display-name "object-upload-processor" \
  --description "Process new objects uploaded to the data-lake bucket" \
  --is-enabled true \
  --condition '{
    "eventType": ["com.oraclecloud.objectstorage.createobject"],
    "data": {
      "compartmentId": ["'"$C"'"],
      "additionalDetails": {
        "bucketName": ["data-lake"],
        "namespace": ["lab"]
      }
    }
  }' \
  --actions '{"actions": [{"actionType": "FAAS", "functionId": "ocid1.fnfunc.oc1..lab", "isEnabled": true}]}'
oci events rule create \
  --compartment-id "$C" \
  --display-name "instance-state-monitor" \
  --description "Alert on instance termination or stop" \
  --is-enabled true \
  --condition '{
    "eventType": [
      "com.oraclecloud.computeapi.terminateinstance.begin",
      "com.oraclecloud.computeapi.instanceaction.begin"
    ],
    "data": {"compartmentId": ["'"$C"'"]}
  }' \
  --actions '{
    "actions": [
      {"actionType": "ONS", "topicId": "'"$TOPIC"'", "isEnabled": true},
      {"actionType": "OSS", "streamId": "'"$STREAM"'", "isEnabled": true}
    ]
  }'
oci events rule list \
  --compartment-id "$C" \
  --query 'data[].{"Name": "display-name", "Enabled": "is-enabled", "State": "lifecycle-state"}' \
  --output table
echo "== done"
