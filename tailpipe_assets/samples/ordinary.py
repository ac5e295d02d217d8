"""What goes on in an AWS account on any day: the kinds of events, how often each, and by whom."""

from __future__ import annotations

from dataclasses import replace

from tailpipe_assets.samples.shapes import Shape

_BUCKET = ("AWS::S3::Bucket", "arn:aws:s3:::%(bucket)s-%(account)s")
_OBJECT = ("AWS::S3::Object", "arn:aws:s3:::%(bucket)s-%(account)s/%(table)s/%(short)s.parquet")
_KEY = ("AWS::KMS::Key", "arn:aws:kms:%(region)s:%(account)s:key/%(key)s")
_ROLE = "arn:aws:iam::%(account)s:role/"
_STORAGE = {
    "SignatureVersion": "SigV4",
    "CipherSuite": "TLS_AES_128_GCM_SHA256",
    "bytesTransferredIn": 0,
    "AuthenticationMethod": "AuthHeader",
    "x-amz-id-2": "%(extended)s",
    "bytesTransferredOut": "%(size)d",
}
_BUCKET_REQUEST = {"bucketName": "%(bucket)s-%(account)s", "Host": "%(bucket)s-%(account)s.s3.%(region)s.amazonaws.com"}
_LOGIN = {"LoginTo": "https://console.aws.amazon.com/console/home", "MobileVersion": "No"}
_SESSION = {
    "credentials": {
        "accessKeyId": "%(temporary_key)s",
        "sessionToken": "%(token)s",
        "expiration": "%(time)s",
    },
    "assumedRoleUser": {
        "assumedRoleId": "AROA%(temporary_key)s:%(instance)s",
        "arn": "arn:aws:sts::%(account)s:assumed-role/ShopBackend/%(instance)s",
    },
}
_INSTANCE = {
    "instanceId": "%(instance)s",
    "imageId": "ami-0f3a9c11d27e5b684",
    "currentState": {"code": 0, "name": "pending"},
    "instanceType": "m7g.large",
    "placement": {"availabilityZone": "%(region)sa", "tenancy": "default"},
    "monitoring": {"state": "enabled"},
    "subnetId": "%(subnet)s",
    "privateIpAddress": "%(private)s",
    "networkInterfaceSet": {
        "items": [
            {
                "networkInterfaceId": "%(interface)s",
                "subnetId": "%(subnet)s",
                "privateIpAddress": "%(private)s",
                "groupSet": {"items": [{"groupId": "%(group)s", "groupName": "shop-backend"}]},
                "tagSet": {},
            }
        ]
    },
    "tagSet": {"items": [{"key": "Name", "value": "shop-backend-%(number)d"}, {"key": "team", "value": "checkout"}]},
}

_DECRYPT = Shape(
    service="kms",
    name="Decrypt",
    by="role",
    weight=14,
    request={
        "encryptionContext": {"aws:s3:arn": "arn:aws:s3:::%(bucket)s-%(account)s/%(table)s/%(short)s.parquet"},
        "encryptionAlgorithm": "SYMMETRIC_DEFAULT",
        "keyId": "arn:aws:kms:%(region)s:%(account)s:key/%(key)s",
    },
    extra={"keyMaterialId": "%(material)s"},
    resources=(_KEY,),
)
_DESCRIBE_INSTANCES = Shape(
    service="ec2",
    name="DescribeInstances",
    by="role",
    weight=12,
    request={
        "maxResults": "%(number)d",
        "instancesSet": {},
        "filterSet": {"items": [{"name": "tag:team", "valueSet": {"items": [{"value": "checkout"}]}}]},
    },
)
_GET_SECRET = Shape(
    service="secretsmanager",
    name="GetSecretValue",
    by="role",
    weight=5,
    request={"secretId": "shop/%(table)s/database"},
)
_GET_BUCKET_ACL = Shape(
    service="s3",
    name="GetBucketAcl",
    by="user",
    weight=5,
    request={**_BUCKET_REQUEST, "acl": ""},
    extra=_STORAGE,
    resources=(_BUCKET,),
)
_LIST_ROLES = Shape(
    service="iam", name="ListAttachedRolePolicies", by="user", weight=4, request={"roleName": "ShopBackend"}
)

_SUCCEEDING: tuple[Shape, ...] = (
    _DECRYPT,
    _DESCRIBE_INSTANCES,
    _GET_SECRET,
    _GET_BUCKET_ACL,
    _LIST_ROLES,
    replace(_DECRYPT, name="GenerateDataKey", by="service", weight=5, extra=None),
    replace(_DESCRIBE_INSTANCES, by="user", weight=4),
    Shape(
        service="s3",
        name="GetObject",
        by="role",
        weight=8,
        is_data=True,
        request={**_BUCKET_REQUEST, "key": "%(table)s/%(short)s.parquet"},
        extra=_STORAGE,
        resources=(_OBJECT, _BUCKET),
    ),
    Shape(
        service="s3",
        name="PutObject",
        by="role",
        weight=5,
        writes=True,
        is_data=True,
        request={**_BUCKET_REQUEST, "key": "%(table)s/%(short)s.parquet"},
        response={"x-amz-server-side-encryption": "aws:kms"},
        extra=_STORAGE,
        resources=(_OBJECT, _BUCKET),
    ),
    Shape(
        service="sts",
        name="AssumeRole",
        by="service",
        weight=7,
        request={"roleArn": _ROLE + "ShopBackend", "roleSessionName": "%(instance)s", "durationSeconds": 3600},
        response=_SESSION,
        resources=(("AWS::IAM::Role", _ROLE + "ShopBackend"),),
    ),
    Shape(service="sts", name="GetCallerIdentity", by="user", weight=4),
    Shape(
        service="ec2",
        name="RunInstances",
        by="role",
        weight=1.5,
        writes=True,
        request={
            "instancesSet": {"items": [{"imageId": "ami-0f3a9c11d27e5b684", "minCount": 1, "maxCount": 1}]},
            "instanceType": "m7g.large",
            "subnetId": "%(subnet)s",
            "monitoring": {"enabled": True},
            "disableApiTermination": False,
            "clientToken": "fleet-%(shared)s",
        },
        response={
            "requestId": "%(request)s",
            "reservationId": "r-%(short)s",
            "ownerId": "%(account)s",
            "groupSet": {},
            "instancesSet": {"items": [_INSTANCE]},
        },
    ),
    Shape(
        service="ec2",
        name="TerminateInstances",
        by="service",
        weight=1.5,
        writes=True,
        request={"instancesSet": {"items": [{"instanceId": "%(instance)s"}]}},
        response={
            "instancesSet": {
                "items": [{"instanceId": "%(instance)s", "currentState": {"code": 32, "name": "shutting-down"}}]
            }
        },
    ),
    Shape(
        service="ec2",
        name="SharedSnapshotVolumeCreated",
        by="service",
        weight=0.5,
        writes=True,
        type="AwsServiceEvent",
        details={"snapshotId": "snap-%(volume)s"},
    ),
    Shape(
        service="logs",
        name="CreateLogStream",
        by="role",
        weight=6,
        writes=True,
        request={"logGroupName": "/aws/lambda/shop-%(table)s", "logStreamName": "[$LATEST]%(short)s"},
    ),
    Shape(
        service="dynamodb",
        name="DescribeTable",
        by="role",
        weight=5,
        request={"tableName": "%(table)s"},
        resources=(("AWS::DynamoDB::Table", "arn:aws:dynamodb:%(region)s:%(account)s:table/%(table)s"),),
    ),
    Shape(
        service="ssm",
        name="GetParameters",
        by="role",
        weight=5,
        request={"names": ["/shop/%(table)s/endpoint", "/shop/%(table)s/password"], "withDecryption": True},
    ),
    Shape(
        service="lambda",
        name="UpdateFunctionCode20150331v2",
        by="user",
        weight=1,
        writes=True,
        request={
            "functionName": "shop-%(table)s",
            "s3Bucket": "build-artifacts-%(account)s",
            "s3Key": "%(shared)s.zip",
            "publish": False,
            "dryRun": False,
        },
        response={
            "functionName": "shop-%(table)s",
            "functionArn": "arn:aws:lambda:%(region)s:%(account)s:function:shop-%(table)s",
            "runtime": "python3.13",
            "role": _ROLE + "ShopBackend",
            "codeSize": "%(size)d",
            "memorySize": 512,
            "timeout": 30,
            "vpcConfig": {"subnetIds": ["%(subnet)s"], "securityGroupIds": ["%(group)s"]},
            "environment": {},
            "tracingConfig": {"mode": "Active"},
            "revisionId": "%(session)s",
        },
    ),
    Shape(
        service="signin",
        name="ConsoleLogin",
        by="console",
        weight=0.4,
        writes=True,
        type="AwsConsoleSignIn",
        response={"ConsoleLogin": "Success"},
        extra={**_LOGIN, "MFAUsed": "Yes"},
    ),
    Shape(service="iam", name="GetAccountSummary", by="root", weight=0.15),
)

LOGIN_FAILED = Shape(
    service="signin",
    name="ConsoleLogin",
    by="console",
    weight=0.1,
    writes=True,
    type="AwsConsoleSignIn",
    error=(None, "Failed authentication"),
    response={"ConsoleLogin": "Failure"},
    extra={**_LOGIN, "MFAUsed": "No"},
)
"""A mistyped password at the console."""


def _refused(shape: Shape, code: str, message: str) -> Shape:
    return replace(shape, weight=shape.weight / 15, error=(code, message), response=None)


SHAPES: tuple[Shape, ...] = (
    *_SUCCEEDING,
    LOGIN_FAILED,
    _refused(
        _DESCRIBE_INSTANCES,
        "Client.UnauthorizedOperation",
        "You are not authorized to perform this operation. Encoded authorization failure message: %(refusal)s",
    ),
    _refused(_GET_BUCKET_ACL, "AccessDenied", "Access Denied"),
    _refused(_GET_SECRET, "ResourceNotFoundException", "Secrets Manager can't find the specified secret."),
    _refused(_LIST_ROLES, "ThrottlingException", "Rate exceeded"),
)
"""Everything ordinary, failures included."""
