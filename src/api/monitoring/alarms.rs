//! Alarms, their states and the times in which they stay quiet.

use crate::api::OperationId;
use crate::api::model::Kind;
use crate::api::models::monitoring as models;
use crate::api::operation::{
    DEFINED_TAGS, FREEFORM_TAGS, IF_MATCH, LIMIT, Method, OPERATION, Operation, PAGE, ReplyBody,
    SORT_ORDER, body, path, query,
};

use super::{MONITORING, Monitoring, SORT_BY};

pub(super) static OPERATIONS: [Operation; 15] = [
    Operation {
        id: OperationId::Monitoring(Monitoring::ChangeAlarmCompartment),
        command: "monitoring alarm change-compartment",
        summary: "Move an alarm to another compartment.",
        example: "ocelot monitoring alarm change-compartment --alarm-id consumer-lag \
            --compartment-id ocid1.compartment.oc1..archive",
        client: &MONITORING,
        method: Method::Post,
        path: "/alarms/{alarmId}/actions/changeCompartment",
        params: &[
            path("alarmId", "Name or OCID of the alarm."),
            body(
                "compartmentId",
                "OCID of the compartment to move the resource to.",
            ),
            IF_MATCH,
        ],
        body: Some(&models::CHANGE_ALARM_COMPARTMENT_DETAILS),
        takes_retry_token: true,
        ..OPERATION
    },
    Operation {
        id: OperationId::Monitoring(Monitoring::CreateAlarm),
        command: "monitoring alarm create",
        summary: "Create an alarm that watches a metric.",
        example: "ocelot monitoring alarm create --display-name consumer-lag --namespace \
            oci_queue --query-text 'ConsumerLag[5m].max() > 30' --severity CRITICAL \
            --destinations '[\"ocid1.onstopic.oc1..oncall\"]' --is-enabled true",
        client: &MONITORING,
        method: Method::Post,
        path: "/alarms",
        params: &[
            body("displayName", "Name shown for the alarm."),
            body(
                "compartmentId",
                "OCID of the compartment to create the resource in.",
            ),
            body(
                "metricCompartmentId",
                "OCID of the compartment that holds the metric.",
            )
            .or_option("compartment-id"),
            body("namespace", "Namespace of the metric, such as oci_queue."),
            body(
                "severity",
                "Severity of the alarm: CRITICAL, ERROR, WARNING or INFO.",
            ),
            body(
                "destinations",
                "JSON list of OCIDs of where to send notifications: at most one topic \
                 and one stream.",
            ),
            body("isEnabled", "Whether the alarm is on."),
            body(
                "metricCompartmentIdInSubtree",
                "Whether to watch all compartments below too; only when that \
                 compartment is the tenancy.",
            ),
            body("resourceGroup", "Resource group of the metric."),
            body(
                "resolution",
                "Time between the values that the condition looks at; only 1m is possible.",
            ),
            body(
                "pendingDuration",
                "How long the condition must hold before the alarm fires, PT1M to PT1H \
                 (default PT1M).",
            ),
            body(
                "body",
                "Text of the notifications; variables such as {{severity}} are filled in.",
            ),
            body(
                "isNotificationsPerMetricDimensionEnabled",
                "Whether to send one notification per metric stream instead of one per alarm.",
            ),
            body(
                "messageFormat",
                "Format of notifications by e-mail; streams always get RAW (default RAW).",
            ),
            body(
                "repeatNotificationDuration",
                "Time between repeated notifications while firing, PT1M to P30D \
                 (default: no repeats).",
            ),
            body(
                "suppression",
                "JSON object of timeSuppressFrom, timeSuppressUntil and an optional \
                 description.",
            ),
            FREEFORM_TAGS,
            DEFINED_TAGS,
            body(
                "overrides",
                "JSON list of rules (ruleName, query, severity, body, pendingDuration) \
                 tried before the alarm's own.",
            ),
            body(
                "ruleName",
                "Name of the alarm's own rule, next to those of the overrides (default BASE).",
            ),
            body(
                "notificationVersion",
                "Version of the notification format, such as 1.X.",
            ),
            body(
                "notificationTitle",
                "Title of the notifications, up to 250 characters; variables such as \
                 {{severity}} are filled in.",
            ),
            body(
                "evaluationSlackDuration",
                "How long to wait for metric data that comes late, PT3M to PT2H (default PT3M).",
            ),
            body(
                "alarmSummary",
                "Summary line of the notifications; variables such as {{severity}} are \
                 filled in.",
            ),
            body(
                "query",
                "Condition to fire on, in MQL, such as ConsumerLag[5m].max() > 30.",
            )
            .renamed("query-text")
            .or_global("query"),
        ],
        body: Some(&models::CREATE_ALARM_DETAILS),
        reply: ReplyBody::Object(&models::ALARM),
        wait: Some(OperationId::Monitoring(Monitoring::GetAlarm)),
        takes_retry_token: true,
        ..OPERATION
    },
    Operation {
        id: OperationId::Monitoring(Monitoring::DeleteAlarm),
        command: "monitoring alarm delete",
        summary: "Delete an alarm.",
        example: "ocelot monitoring alarm delete --alarm-id consumer-lag",
        client: &MONITORING,
        method: Method::Delete,
        path: "/alarms/{alarmId}",
        params: &[path("alarmId", "Name or OCID of the alarm."), IF_MATCH],
        wait: Some(OperationId::Monitoring(Monitoring::GetAlarm)),
        ..OPERATION
    },
    Operation {
        id: OperationId::Monitoring(Monitoring::GetAlarm),
        command: "monitoring alarm get",
        summary: "Show one alarm.",
        example: "ocelot monitoring alarm get --alarm-id consumer-lag",
        client: &MONITORING,
        method: Method::Get,
        path: "/alarms/{alarmId}",
        params: &[path("alarmId", "Name or OCID of the alarm.")],
        reply: ReplyBody::Object(&models::ALARM),
        ..OPERATION
    },
    Operation {
        id: OperationId::Monitoring(Monitoring::ListAlarms),
        command: "monitoring alarm list",
        summary: "List alarms.",
        example: "ocelot monitoring alarm list --sort-by severity --query 'data[].{name: \
            \"display-name\", severity: severity}' --output table",
        client: &MONITORING,
        method: Method::Get,
        path: "/alarms",
        params: &[
            query("compartmentId", "OCID of the compartment to look in.").required(),
            PAGE,
            LIMIT,
            query("displayName", "List only items with exactly this name."),
            query("lifecycleState", "List only items in this lifecycle state.")
                .one_of(&["ACTIVE", "DELETING", "DELETED"]),
            query("sortBy", "Field to sort by.").one_of(SORT_BY),
            SORT_ORDER,
            query(
                "compartmentIdInSubtree",
                "Whether to look in all compartments below too; only when the \
                 compartment is the tenancy.",
            )
            .of(Kind::Boolean),
        ],
        reply: ReplyBody::List(&models::ALARM_SUMMARY),
        ..OPERATION
    },
    Operation {
        id: OperationId::Monitoring(Monitoring::UpdateAlarm),
        command: "monitoring alarm update",
        summary: "Change the settings of an alarm.",
        example: "ocelot monitoring alarm update --alarm-id consumer-lag --severity \
            WARNING --pending-duration PT5M",
        client: &MONITORING,
        method: Method::Put,
        path: "/alarms/{alarmId}",
        params: &[
            path("alarmId", "Name or OCID of the alarm."),
            body("displayName", "Name shown for the alarm."),
            body(
                "compartmentId",
                "OCID of the compartment to move the resource to.",
            ),
            body(
                "metricCompartmentId",
                "OCID of the compartment that holds the metric.",
            ),
            body(
                "metricCompartmentIdInSubtree",
                "Whether to watch all compartments below too; only when that \
                 compartment is the tenancy.",
            ),
            body("namespace", "Namespace of the metric, such as oci_queue."),
            body("resourceGroup", "Resource group of the metric."),
            body(
                "resolution",
                "Time between the values that the condition looks at; only 1m is possible.",
            ),
            body(
                "pendingDuration",
                "How long the condition must hold before the alarm fires, PT1M to PT1H.",
            ),
            body(
                "severity",
                "Severity of the alarm: CRITICAL, ERROR, WARNING or INFO.",
            ),
            body(
                "body",
                "Text of the notifications; variables such as {{severity}} are filled in.",
            ),
            body(
                "isNotificationsPerMetricDimensionEnabled",
                "Whether to send one notification per metric stream instead of one per alarm.",
            ),
            body(
                "messageFormat",
                "Format of notifications by e-mail; streams always get RAW.",
            ),
            body(
                "destinations",
                "JSON list of OCIDs of where to send notifications: at most one topic \
                 and one stream.",
            ),
            body(
                "repeatNotificationDuration",
                "Time between repeated notifications while firing, PT1M to P30D.",
            ),
            body(
                "suppression",
                "JSON object of timeSuppressFrom, timeSuppressUntil and an optional \
                 description.",
            ),
            body("isEnabled", "Whether the alarm is on."),
            FREEFORM_TAGS,
            DEFINED_TAGS,
            body(
                "overrides",
                "JSON list of rules (ruleName, query, severity, body, pendingDuration) \
                 tried before the alarm's own.",
            ),
            body(
                "ruleName",
                "Name of the alarm's own rule, next to those of the overrides.",
            ),
            body(
                "notificationVersion",
                "Version of the notification format, such as 1.X.",
            ),
            body(
                "notificationTitle",
                "Title of the notifications, up to 250 characters; variables such as \
                 {{severity}} are filled in.",
            ),
            body(
                "evaluationSlackDuration",
                "How long to wait for metric data that comes late, PT3M to PT2H.",
            ),
            body(
                "alarmSummary",
                "Summary line of the notifications; variables such as {{severity}} are \
                 filled in.",
            ),
            IF_MATCH,
            body(
                "query",
                "Condition to fire on, in MQL, such as ConsumerLag[5m].max() > 30.",
            )
            .renamed("query-text"),
        ],
        body: Some(&models::UPDATE_ALARM_DETAILS),
        reply: ReplyBody::Object(&models::ALARM),
        wait: Some(OperationId::Monitoring(Monitoring::GetAlarm)),
        ..OPERATION
    },
    Operation {
        id: OperationId::Monitoring(Monitoring::RetrieveDimensionStates),
        command: "monitoring alarm-dimension-states-collection retrieve-dimension-states",
        summary: "Show the state of each metric stream that an alarm watches.",
        example: "ocelot monitoring alarm-dimension-states-collection \
            retrieve-dimension-states --alarm-id consumer-lag --status FIRING",
        client: &MONITORING,
        method: Method::Post,
        path: "/alarms/{alarmId}/actions/retrieveDimensionStates",
        params: &[
            path("alarmId", "Name or OCID of the alarm."),
            PAGE,
            LIMIT,
            body(
                "dimensionFilters",
                "JSON object of dimension names and values; matches only exactly this set.",
            ),
            body(
                "status",
                "List only entries with this status, FIRING or OK.",
            ),
        ],
        body: Some(&models::RETRIEVE_DIMENSION_STATES_DETAILS),
        body_is_optional: true,
        reply: ReplyBody::Object(&models::ALARM_DIMENSION_STATES_COLLECTION),
        offers_all: false,
        ..OPERATION
    },
    Operation {
        id: OperationId::Monitoring(Monitoring::GetAlarmHistory),
        command: "monitoring alarm-history-collection get-alarm-history",
        summary: "Show the history of an alarm, kept for 90 days.",
        example: "ocelot monitoring alarm-history-collection get-alarm-history \
            --alarm-id consumer-lag --alarm-historytype STATE_TRANSITION_HISTORY",
        client: &MONITORING,
        method: Method::Get,
        path: "/alarms/{alarmId}/history",
        params: &[
            path("alarmId", "Name or OCID of the alarm."),
            query(
                "alarmHistorytype",
                "Kind of history to show: states or rules, all entries or only the changes.",
            )
            .one_of(&[
                "STATE_HISTORY",
                "STATE_TRANSITION_HISTORY",
                "RULE_HISTORY",
                "RULE_TRANSITION_HISTORY",
            ]),
            PAGE,
            LIMIT,
            query(
                "timestampGreaterThanOrEqualTo",
                "List only entries at or after this time (RFC 3339).",
            )
            .of(Kind::DateTime),
            query(
                "timestampLessThan",
                "List only entries before this time (RFC 3339).",
            )
            .of(Kind::DateTime),
        ],
        reply: ReplyBody::Object(&models::ALARM_HISTORY_COLLECTION),
        offers_all: false,
        ..OPERATION
    },
    Operation {
        id: OperationId::Monitoring(Monitoring::ListAlarmsStatus),
        command: "monitoring alarm-status list-alarms-status",
        summary: "List alarms with their current status.",
        example: "ocelot monitoring alarm-status list-alarms-status --status FIRING",
        client: &MONITORING,
        method: Method::Get,
        path: "/alarms/status",
        params: &[
            query("compartmentId", "OCID of the compartment to look in.").required(),
            query(
                "compartmentIdInSubtree",
                "Whether to look in all compartments below too; only when the \
                 compartment is the tenancy.",
            )
            .of(Kind::Boolean),
            PAGE,
            LIMIT,
            query("displayName", "List only items with exactly this name."),
            query("sortBy", "Field to sort by.").one_of(SORT_BY),
            SORT_ORDER,
            query(
                "resourceId",
                "List only alarms that watch the resource with this OCID.",
            ),
            query(
                "serviceName",
                "List only alarms on metrics whose service name dimension is exactly this.",
            ),
            query(
                "entityId",
                "List only alarms that watch the entity with this OCID.",
            ),
            query(
                "status",
                "List only alarms with metric streams in this status.",
            )
            .one_of(&["FIRING", "OK"]),
        ],
        reply: ReplyBody::List(&models::ALARM_STATUS_SUMMARY),
        ..OPERATION
    },
    Operation {
        id: OperationId::Monitoring(Monitoring::CreateAlarmSuppression),
        command: "monitoring alarm-suppression create",
        summary: "Plan a time in which an alarm or a whole compartment stays quiet.",
        example: "ocelot monitoring alarm-suppression create --display-name maintenance \
            --alarm-suppression-target '{\"targetType\": \"ALARM\", \"alarmId\": \
            \"ocid1.alarm.oc1..lag\"}' --level ALARM --time-suppress-from \
            2027-01-15T22:00:00Z --time-suppress-until 2027-01-16T04:00:00Z",
        client: &MONITORING,
        method: Method::Post,
        path: "/alarmSuppressions",
        params: &[
            body(
                "alarmSuppressionTarget",
                "JSON object of targetType ALARM and alarmId, or of targetType \
                 COMPARTMENT and compartmentId.",
            ),
            body("displayName", "Name shown for the suppression."),
            body("timeSuppressFrom", "Start of the suppression (RFC 3339)."),
            body("timeSuppressUntil", "End of the suppression (RFC 3339)."),
            body(
                "level",
                "ALARM to silence the whole alarm, DIMENSION for certain dimensions \
                 (default DIMENSION).",
            ),
            body(
                "description",
                "Free text on the reason for the suppression.",
            ),
            body(
                "dimensions",
                "JSON object of dimension names and values to silence, at most 4000 characters.",
            ),
            FREEFORM_TAGS,
            DEFINED_TAGS,
            body(
                "suppressionConditions",
                "JSON list of recurrences: conditionType, suppressionRecurrence and \
                 suppressionDuration.",
            ),
        ],
        body: Some(&models::CREATE_ALARM_SUPPRESSION_DETAILS),
        reply: ReplyBody::Object(&models::ALARM_SUPPRESSION),
        wait: Some(OperationId::Monitoring(Monitoring::GetAlarmSuppression)),
        takes_retry_token: true,
        ..OPERATION
    },
    Operation {
        id: OperationId::Monitoring(Monitoring::DeleteAlarmSuppression),
        command: "monitoring alarm-suppression delete",
        summary: "Delete an alarm suppression.",
        example: "ocelot monitoring alarm-suppression delete --alarm-suppression-id maintenance",
        client: &MONITORING,
        method: Method::Delete,
        path: "/alarmSuppressions/{alarmSuppressionId}",
        params: &[
            path("alarmSuppressionId", "Name or OCID of the suppression."),
            IF_MATCH,
        ],
        wait: Some(OperationId::Monitoring(Monitoring::GetAlarmSuppression)),
        ..OPERATION
    },
    Operation {
        id: OperationId::Monitoring(Monitoring::GetAlarmSuppression),
        command: "monitoring alarm-suppression get",
        summary: "Show one alarm suppression.",
        example: "ocelot monitoring alarm-suppression get --alarm-suppression-id maintenance",
        client: &MONITORING,
        method: Method::Get,
        path: "/alarmSuppressions/{alarmSuppressionId}",
        params: &[path(
            "alarmSuppressionId",
            "Name or OCID of the suppression.",
        )],
        reply: ReplyBody::Object(&models::ALARM_SUPPRESSION),
        ..OPERATION
    },
    Operation {
        id: OperationId::Monitoring(Monitoring::SummarizeAlarmSuppressionHistory),
        command: "monitoring alarm-suppression summarize-alarm-suppression-history",
        summary: "Show the past suppressions of an alarm.",
        example: "ocelot monitoring alarm-suppression \
            summarize-alarm-suppression-history --alarm-id consumer-lag",
        client: &MONITORING,
        method: Method::Post,
        path: "/alarms/{alarmId}/actions/summarizeAlarmSuppressionHistory",
        params: &[
            path("alarmId", "Name or OCID of the alarm."),
            PAGE,
            LIMIT,
            body(
                "dimensions",
                "JSON object of dimension names and values to look for.",
            ),
            body(
                "timeSuppressFromGreaterThanOrEqualTo",
                "List only suppressions that start at or after this time (RFC 3339).",
            ),
            body(
                "timeSuppressFromLessThan",
                "List only suppressions that start before this time (RFC 3339).",
            ),
        ],
        body: Some(&models::SUMMARIZE_ALARM_SUPPRESSION_HISTORY_DETAILS),
        body_is_optional: true,
        reply: ReplyBody::Object(&models::ALARM_SUPPRESSION_HISTORY_ITEM_COLLECTION),
        offers_all: false,
        ..OPERATION
    },
    Operation {
        id: OperationId::Monitoring(Monitoring::ListAlarmSuppressions),
        command: "monitoring alarm-suppression-collection list-alarm-suppressions",
        summary: "List alarm suppressions.",
        example: "ocelot monitoring alarm-suppression-collection list-alarm-suppressions \
            --alarm-id consumer-lag --lifecycle-state ACTIVE",
        client: &MONITORING,
        method: Method::Get,
        path: "/alarmSuppressions",
        params: &[
            query("alarmId", "Name or OCID of the alarm."),
            query("displayName", "List only items with exactly this name."),
            query("lifecycleState", "List only items in this lifecycle state.")
                .one_of(&["ACTIVE", "DELETED"]),
            query("level", "List only suppressions of this level.").one_of(&["ALARM", "DIMENSION"]),
            query("compartmentId", "OCID of the compartment to look in."),
            query(
                "compartmentIdInSubtree",
                "Whether to look in all compartments below too; only when the \
                 compartment is the tenancy.",
            )
            .of(Kind::Boolean),
            query(
                "targetType",
                "List only suppressions with this type of target.",
            )
            .one_of(&["ALARM", "COMPARTMENT"]),
            query(
                "isAllSuppressions",
                "Whether to add suppressions that reach the alarm through its \
                 compartment; needs an alarm.",
            )
            .of(Kind::Boolean),
            query("sortBy", "Field to sort by.").one_of(&[
                "displayName",
                "timeCreated",
                "timeSuppressFrom",
            ]),
            SORT_ORDER,
            PAGE,
            LIMIT,
        ],
        reply: ReplyBody::Object(&models::ALARM_SUPPRESSION_COLLECTION),
        ..OPERATION
    },
    Operation {
        id: OperationId::Monitoring(Monitoring::RemoveAlarmSuppression),
        command: "monitoring suppression remove",
        summary: "Remove the quiet time set on an alarm itself.",
        example: "ocelot monitoring suppression remove --alarm-id consumer-lag",
        client: &MONITORING,
        method: Method::Post,
        path: "/alarms/{alarmId}/actions/removeSuppression",
        params: &[path("alarmId", "Name or OCID of the alarm."), IF_MATCH],
        ..OPERATION
    },
];
