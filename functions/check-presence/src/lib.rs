//! SQS dispatch: decides for every receiver and queues the vendor jobs.
