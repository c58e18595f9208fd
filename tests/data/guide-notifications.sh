#!/usr/bin/env bash
# The documented commands of the event services guide that are about Notifications. Needs only `oci` on the PATH.
set -euo pipefail
C="${COMPARTMENT:-ocid1.compartment.oc1..lab}"

echo "== topic and subscriptions"
TOPIC=$(oci ons topic create \
  --compartment-id "$C" \
  --name "infrastructure-alerts" \
  --description "Critical infrastructure event notifications" --query 'data."topic-id"' --raw-output)

oci ons subscription create --compartment-id "$C" --topic-id "$TOPIC" \
  --protocol EMAIL --endpoint "oncall-team@example.com"
oci ons subscription create --compartment-id "$C" --topic-id "$TOPIC" \
  --protocol HTTPS --endpoint "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXX"
oci ons subscription create --compartment-id "$C" --topic-id "$TOPIC" \
  --protocol PAGERDUTY --endpoint "https://events.pagerduty.com/integration/0123456789abcdef/enqueue"
oci ons subscription create --compartment-id "$C" --topic-id "$TOPIC" \
  --protocol ORACLE_FUNCTIONS --endpoint "ocid1.fnfunc.oc1..lab"
oci ons message publish \
  --topic-id "$TOPIC" \
  --title "High CPU Alert" \
  --body "Instance i-abc123 CPU utilization exceeded 95% for 10 minutes."
oci ons subscription list \
  --compartment-id "$C" \
  --topic-id "$TOPIC" \
  --query 'data[].{"Protocol": protocol, "Endpoint": endpoint, "State": "lifecycle-state"}' \
  --output table
oci ons subscription list \
  --compartment-id "$C" \
  --topic-id "$TOPIC" \
  --query 'data[].{"Protocol": protocol, "Endpoint": endpoint, "State": "lifecycle-state", "Delivered": "delivery-policy"}' \
  --output table
echo "== done"
