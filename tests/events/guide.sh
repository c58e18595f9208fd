# The commands about rules of the event services guide.
C=ocid1.compartment.oc1..lab
oci() { "$OCELOT" "$@"; }

STREAM=$(oci streaming admin stream create --compartment-id "$C" \
  --name "order-events" --partitions 1 --query data.id --raw-output)
TOPIC=$(oci ons topic create --compartment-id "$C" \
  --name "infrastructure-alerts" --query 'data."topic-id"' --raw-output)

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
RULE=$(oci events rule create \
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
  }' --query data.id --raw-output)
oci events rule list \
  --compartment-id "$C" \
  --query 'data[].{"Name": "display-name", "Enabled": "is-enabled", "State": "lifecycle-state"}' \
  --output table

# What the guide leaves to other services.
oci local event emit --compartment-id "$C" \
  --type com.oraclecloud.computeapi.terminateinstance.begin --resource-name web-1 \
  --query 'data.rules[]."display-name"' --output text
oci local event emit --compartment-id "$C" --delivery-timeout 0 \
  --type com.oraclecloud.objectstorage.createobject \
  --data '{"bucketName": "data-lake", "namespace": "lab"}' \
  --query 'data.rules[]."display-name"' --output text
CURSOR=$(oci streaming stream cursor create-cursor --stream-id "$STREAM" --partition 0 \
  --type TRIM_HORIZON --query data.value --raw-output)
oci streaming stream message get --stream-id "$STREAM" --cursor "$CURSOR" --decode
oci events rule delete --rule-id "$RULE" --force
