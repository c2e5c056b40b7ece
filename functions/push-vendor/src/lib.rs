//! SQS push-<vendor>: sends to one vendor, classifies per token, retries, records.
