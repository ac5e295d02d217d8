"""AWS CloudTrail: who did what in an AWS account."""

from __future__ import annotations

from tailpipe_assets.tables.declaration import Field, Table
from tailpipe_resources.model.schema import INSTANT

_SESSION_ISSUER = {
    "accountId": "VARCHAR",
    "arn": "VARCHAR",
    "principalId": "VARCHAR",
    "type": "VARCHAR",
    "userName": "VARCHAR",
}

SHAPE = {
    "additionalEventData": "JSON",
    "apiVersion": "VARCHAR",
    "awsRegion": "VARCHAR",
    "edgeDeviceDetails": "JSON",
    "errorCode": "VARCHAR",
    "errorMessage": "VARCHAR",
    "eventCategory": "VARCHAR",
    "eventID": "VARCHAR",
    "eventName": "VARCHAR",
    "eventSource": "VARCHAR",
    "eventTime": "VARCHAR",
    "eventType": "VARCHAR",
    "eventVersion": "VARCHAR",
    "managementEvent": "BOOLEAN",
    "readOnly": "BOOLEAN",
    "recipientAccountId": "VARCHAR",
    "requestID": "VARCHAR",
    "requestParameters": "JSON",
    "resources": "JSON",
    "responseElements": "JSON",
    "serviceEventDetails": "JSON",
    "sessionCredentialFromConsole": "VARCHAR",
    "sharedEventID": "VARCHAR",
    "sourceIPAddress": "VARCHAR",
    "tlsDetails": {"cipherSuite": "VARCHAR", "clientProvidedHostHeader": "VARCHAR", "tlsVersion": "VARCHAR"},
    "userAgent": "VARCHAR",
    "userIdentity": {
        "accessKeyId": "VARCHAR",
        "accountId": "VARCHAR",
        "arn": "VARCHAR",
        "identityProvider": "VARCHAR",
        "invokedBy": "VARCHAR",
        "principalId": "VARCHAR",
        "sessionContext": {
            "attributes": {"creationDate": "VARCHAR", "mfaAuthenticated": "VARCHAR"},
            "ec2RoleDelivery": "VARCHAR",
            "sessionIssuer": _SESSION_ISSUER,
            "webIdFederationData": {"attributes": "JSON", "federatedProvider": "VARCHAR"},
        },
        "type": "VARCHAR",
        "userName": "VARCHAR",
    },
    "vpcEndpointId": "VARCHAR",
}

_ISSUER_TYPE = "STRUCT(account_id VARCHAR, arn VARCHAR, principal_id VARCHAR, type VARCHAR, user_name VARCHAR)"
_SESSION_TYPE = (
    "STRUCT(attributes STRUCT(creation_date BIGINT, mfa_authenticated VARCHAR), ec2_role_delivery VARCHAR, "
    f"session_issuer {_ISSUER_TYPE}, web_id_federation_data STRUCT(attributes JSON, federated_provider VARCHAR))"
)
_IDENTITY_TYPE = (
    "STRUCT(access_key_id VARCHAR, account_id VARCHAR, arn VARCHAR, identity_provider VARCHAR, invoked_by VARCHAR, "
    f"principal_id VARCHAR, session_context {_SESSION_TYPE}, type VARCHAR, user_name VARCHAR)"
)
_TLS_TYPE = "STRUCT(cipher_suite VARCHAR, client_provided_host_header VARCHAR, tls_version VARCHAR)"


def _renamed(path: str, keys: dict[str, str]) -> str:
    """A struct with other names; NULL stays NULL."""
    parts = ", ".join(f"{name} := {value}" for name, value in keys.items())
    return f"CASE WHEN {path} IS NOT NULL THEN struct_pack({parts}) END"


_USER = "r.userIdentity"
_SESSION = f"{_USER}.sessionContext"
_ISSUER = f"{_SESSION}.sessionIssuer"
_ATTRIBUTES = f"{_SESSION}.attributes"
_FEDERATION = f"{_SESSION}.webIdFederationData"

_SESSION_SQL = _renamed(
    _SESSION,
    {
        "attributes": _renamed(
            _ATTRIBUTES,
            {
                "creation_date": f"epoch_ms(try_cast({_ATTRIBUTES}.creationDate AS TIMESTAMP))",
                "mfa_authenticated": f"{_ATTRIBUTES}.mfaAuthenticated",
            },
        ),
        "ec2_role_delivery": f"{_SESSION}.ec2RoleDelivery",
        "session_issuer": _renamed(
            _ISSUER,
            {
                "account_id": f"{_ISSUER}.accountId",
                "arn": f"{_ISSUER}.arn",
                "principal_id": f"{_ISSUER}.principalId",
                "type": f"{_ISSUER}.type",
                "user_name": f"{_ISSUER}.userName",
            },
        ),
        "web_id_federation_data": _renamed(
            _FEDERATION,
            {"attributes": f"{_FEDERATION}.attributes", "federated_provider": f"{_FEDERATION}.federatedProvider"},
        ),
    },
)
_IDENTITY_SQL = _renamed(
    _USER,
    {
        "access_key_id": f"{_USER}.accessKeyId",
        "account_id": f"{_USER}.accountId",
        "arn": f"{_USER}.arn",
        "identity_provider": f"{_USER}.identityProvider",
        "invoked_by": f"{_USER}.invokedBy",
        "principal_id": f"{_USER}.principalId",
        "session_context": _SESSION_SQL,
        "type": f"{_USER}.type",
        "user_name": f"{_USER}.userName",
    },
)
_TLS_SQL = _renamed(
    "r.tlsDetails",
    {
        "cipher_suite": "r.tlsDetails.cipherSuite",
        "client_provided_host_header": "r.tlsDetails.clientProvidedHostHeader",
        "tls_version": "r.tlsDetails.tlsVersion",
    },
)

# An ARN stands for itself, its account and, for buckets, instances and volumes, the resource's own name. NULL is no
# member of a list of distinct values. Most events name no resource, and then nothing is worked out.
_NAMES = """lambda arn: [
    arn,
    nullif(string_split(arn, ':')[5], ''),
    CASE WHEN starts_with(arn, 'arn:aws:s3:::') THEN string_split(arn[14:], '/')[1]
         WHEN contains(arn, ':instance/') OR contains(arn, ':volume/') THEN string_split(arn, '/')[-1] END
]"""
_ARNS = "json_extract_string(resources, '$[*].ARN')"
_AKAS = f"CASE WHEN resources IS NOT NULL THEN list_distinct(flatten(list_transform({_ARNS}, {_NAMES}))) END"

_LONG_TERM = "starts_with(user_identity.access_key_id, 'AKIA')"
_USERNAMES = f"""CASE
    WHEN {_LONG_TERM} AND user_identity.user_name IS NOT NULL
    THEN [user_identity.access_key_id, user_identity.user_name]
    WHEN {_LONG_TERM} THEN [user_identity.access_key_id]
    WHEN user_identity.user_name IS NOT NULL THEN [user_identity.user_name] END"""


def _field(name: str, key: str, description: str, kind: str = "VARCHAR") -> Field:
    return Field(name, kind, f"r.{key}", description)


AWS_CLOUDTRAIL_LOG = Table(
    name="aws_cloudtrail_log",
    description="AWS CloudTrail events: who did what in an AWS account, when and from where.",
    formats=("json",),
    shape=SHAPE,
    anchors={"tlsDetails": "tlsVersion", "userIdentity": "type"},
    time="r.eventTime",
    timestamp="try_cast(r.eventTime AS TIMESTAMPTZ)",
    actor="coalesce(user_identity.arn, user_identity.user_name, user_identity.principal_id, user_identity.invoked_by)",
    event_id="coalesce(recipient_account_id, '') || '/' || nullif(event_id, '')",
    index="r.recipientAccountId",
    fields=(
        _field("additional_event_data", "additionalEventData", "What the request and response do not say.", "JSON"),
        _field("api_version", "apiVersion", "Version of the called API."),
        _field("aws_region", "awsRegion", "Region the request was made to."),
        _field("edge_device_details", "edgeDeviceDetails", "The edge device a request was made from.", "JSON"),
        _field("error_code", "errorCode", "The service's error, when the request failed."),
        _field("error_message", "errorMessage", "That error in words."),
        _field("event_category", "eventCategory", "`Management`, `Data`, `Insight` or `NetworkActivity`."),
        _field("event_id", "eventID", "CloudTrail's own id of the event."),
        _field("event_name", "eventName", "The called action, such as `RunInstances`."),
        _field("event_source", "eventSource", "The called service, such as `ec2.amazonaws.com`."),
        Field("event_time", INSTANT, "tp_timestamp", "When the request was completed."),
        _field("event_type", "eventType", "What kind of record this is, such as `AwsApiCall`."),
        _field("event_version", "eventVersion", "Version of the record's form."),
        _field("management_event", "managementEvent", "Whether it is a management event.", "BOOLEAN"),
        _field("read_only", "readOnly", "Whether the action only reads.", "BOOLEAN"),
        _field("recipient_account_id", "recipientAccountId", "The account that received the event."),
        _field("request_id", "requestID", "The called service's id of the request."),
        _field("request_parameters", "requestParameters", "What was asked, with AWS's own names.", "JSON"),
        _field("resources", "resources", "Resources the event touched.", "JSON"),
        _field("response_elements", "responseElements", "What was answered, for actions that change things.", "JSON"),
        _field("service_event_details", "serviceEventDetails", "What made a service act by itself.", "JSON"),
        _field("session_credential_from_console", "sessionCredentialFromConsole", "`true` for a console session."),
        _field("shared_event_id", "sharedEventID", "The same for all accounts an action concerned."),
        _field("source_ip_address", "sourceIPAddress", "The caller's address, or the AWS service that called."),
        Field("tls_details", _TLS_TYPE, _TLS_SQL, "How the connection was encrypted."),
        _field("user_agent", "userAgent", "The program that called."),
        Field("user_identity", _IDENTITY_TYPE, _IDENTITY_SQL, "Who called, and by which credentials."),
        _field("vpc_endpoint_id", "vpcEndpointId", "The VPC endpoint the request came through."),
    ),
    enrichment={
        "tp_source_ip": "source_ip_address",
        "tp_ips": "CASE WHEN source_ip_address IS NOT NULL THEN [source_ip_address] END",
        "tp_akas": _AKAS,
        "tp_usernames": _USERNAMES,
    },
    layouts={
        "aws_s3": "AWSLogs/(%{DATA:org_id}/)?%{NUMBER:account_id}/CloudTrail/%{DATA:region}"
        r"/%{YEAR:year}/%{MONTHNUM:month}/%{MONTHDAY:day}/%{DATA}\.json(\.gz)?"
    },
    exclude="CloudTrail-(Digest|Insight)",
    references=(
        "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html",
        "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html",
    ),
    sample=b"""{"Records":[
{"eventVersion":"1.09","eventTime":"2024-02-07T12:00:00Z","eventID":"6f0f3c2e-0a4b-4a55-9d0e-1f2f3a4b5c6d",
 "eventName":"GetObject","eventSource":"s3.amazonaws.com","awsRegion":"us-east-1","eventType":"AwsApiCall",
 "sourceIPAddress":"203.0.113.9","userAgent":"aws-cli/2.15","recipientAccountId":"123456789012",
 "readOnly":true,"managementEvent":false,"eventCategory":"Data","requestID":"K2X9",
 "userIdentity":{"type":"IAMUser","principalId":"AIDAEXAMPLE","arn":"arn:aws:iam::123456789012:user/ada",
  "accountId":"123456789012","accessKeyId":"AKIAEXAMPLE","userName":"ada"},
 "requestParameters":{"bucketName":"ledger","key":"2024/q1.csv"},"responseElements":null,
 "resources":[{"ARN":"arn:aws:s3:::ledger","accountId":"123456789012","type":"AWS::S3::Bucket"}],
 "tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256"}},
{"eventVersion":"1.08","eventTime":"2024-02-07T12:00:05Z","eventID":"0b7d6c1a-7f1e-4c3b-8a55-aa0102030405",
 "eventName":"AssumeRole","eventSource":"sts.amazonaws.com","awsRegion":"us-east-1","eventType":"AwsApiCall",
 "sourceIPAddress":"lambda.amazonaws.com","recipientAccountId":"123456789012",
 "userIdentity":{"type":"AssumedRole","sessionContext":{"sessionIssuer":{"type":"Role","userName":"worker"},
  "attributes":{"creationDate":"2024-02-07T11:59:00Z","mfaAuthenticated":"false"}},"invokedBy":"lambda.amazonaws.com"}}
]}""",
)
