SELECT
  {'accessKeyId': 'AKIA', 'sessionContext': {'attributes': {'creationDate': TIMESTAMPTZ '2024-02-07 13:00:00Z', 'mfa': NULL}}} AS user_identity,
  '{"bucketName":"b","x":[1,2.50,null],"big":123456789012345678901234567890}'::JSON AS request_parameters,
  [{'ARN': 'arn:aws:s3:::b', 'type': 'AWS::S3::Bucket'}, NULL] AS resources,
  [['a'], [], NULL] AS deep
