//! The AWS calls of each port's adapter, written once.
//!
//! The local stack's emulator refuses every call that a policy does not allow, so a missing line fails there.

/// Returns the calls of a port's adapter: resources with their actions.
pub fn calls(port: &str) -> &'static [(&'static str, &'static [&'static str])] {
    match port {
        "TrackInbox" => &[("UsersTable", &["dynamodb:GetItem", "dynamodb:UpdateItem"])],
        "ReadMemberships" => &[("GroupsTable", &["dynamodb:BatchGetItem", "dynamodb:Query"])],
        "ReadTimeline" | "ReadRecords" => &[("MessagesTable", &["dynamodb:Query"])],
        "AcknowledgeMessages" => {
            &[("MessagesTable", &["dynamodb:BatchWriteItem", "dynamodb:GetItem", "dynamodb:Query"])]
        }
        "ReadAck" | "ReadRecalls" => &[("MessagesTable", &["dynamodb:BatchGetItem"])],
        "RecallMessage" => &[("MessagesTable", &["dynamodb:GetItem", "dynamodb:PutItem"])],
        "ManageApps" => &[(
            "AppsTable",
            &[
                "dynamodb:ConditionCheckItem",
                "dynamodb:DeleteItem",
                "dynamodb:PutItem",
                "dynamodb:Query",
                "dynamodb:UpdateItem",
            ],
        )],
        "DisableNotifier" | "NoteConnections" | "SwitchOffCallback" => &[("AppsTable", &["dynamodb:UpdateItem"])],
        "SuspectTokens" => &[("RuntimeTable", &["dynamodb:UpdateItem"])],
        "ShareAccessTokens" => &[("RuntimeTable", &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"])],
        "TakeWatch" => &[("RuntimeTable", &["dynamodb:GetItem", "dynamodb:PutItem"])],
        "MoveWatch" => &[("RuntimeTable", &["dynamodb:PutItem"])],
        "StartWatch" => &[("WatchCredentials", &["lambda:InvokeFunction"])],
        "TrackHealth" => &[("RuntimeTable", &["dynamodb:GetItem", "dynamodb:UpdateItem"])],
        "ClaimKeys" => &[("RuntimeTable", &["dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"])],
        "ManageBindings" => &[(
            "UsersTable",
            &["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"],
        )],
        "ReadMembers" => &[("GroupsTable", &["dynamodb:GetItem", "dynamodb:Query"])],
        "RaiseHead" => &[("GroupsTable", &["dynamodb:UpdateItem"])],
        "ManageGroups" => &[(
            "GroupsTable",
            &[
                "dynamodb:BatchGetItem",
                "dynamodb:ConditionCheckItem",
                "dynamodb:DeleteItem",
                "dynamodb:GetItem",
                "dynamodb:PutItem",
                "dynamodb:Query",
                "dynamodb:UpdateItem",
            ],
        )],
        "DescribeGroups" => &[(
            "GroupsTable",
            &["dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem", "dynamodb:GetItem", "dynamodb:UpdateItem"],
        )],
        "ManageRoles" => {
            &[("GroupsTable", &["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:UpdateItem"])]
        }
        "ReadLabels" => &[("GroupsTable", &["dynamodb:Query"])],
        "ReadLabelMembers" => &[("GroupsTable", &["dynamodb:GetItem", "dynamodb:Query"])],
        "ManageLabels" => &[(
            "GroupsTable",
            &["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"],
        )],
        "LabelUsers" => &[(
            "GroupsTable",
            &[
                "dynamodb:BatchGetItem",
                "dynamodb:DeleteItem",
                "dynamodb:GetItem",
                "dynamodb:PutItem",
                "dynamodb:Query",
                "dynamodb:UpdateItem",
            ],
        )],
        "EraseLabels" => &[(
            "GroupsTable",
            &[
                "dynamodb:BatchWriteItem",
                "dynamodb:DeleteItem",
                "dynamodb:GetItem",
                "dynamodb:Query",
                "dynamodb:UpdateItem",
            ],
        )],
        "FindReceiptOwner" => &[("AppsTable", &["dynamodb:GetItem"])],
        "FindTokenOwner" => &[("UsersTable", &["dynamodb:GetItem"])],
        "LogOutDevice" => &[("UsersTable", &["dynamodb:GetItem", "dynamodb:PutItem"])],
        "TrackPresence" => &[(
            "UsersTable",
            &[
                "dynamodb:ConditionCheckItem",
                "dynamodb:DeleteItem",
                "dynamodb:GetItem",
                "dynamodb:PutItem",
                "dynamodb:Query",
                "dynamodb:UpdateItem",
            ],
        )],
        "ManageProfiles" => &[(
            "UsersTable",
            &["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"],
        )],
        "BanUser" => &[(
            "UsersTable",
            &[
                "dynamodb:ConditionCheckItem",
                "dynamodb:GetItem",
                "dynamodb:PutItem",
                "dynamodb:Query",
                "dynamodb:UpdateItem",
            ],
        )],
        "CreateUser" => {
            &[("UsersTable", &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"])]
        }
        "ForgetUser" => &[("UsersTable", &["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:Query"])],
        "FindListed" => &[("UsersTable", &["dynamodb:BatchGetItem"])],
        "ReadDirectory" => &[("UsersTable", &["dynamodb:GetItem", "dynamodb:Query"])],
        "ListUser" => &[(
            "UsersTable",
            &["dynamodb:ConditionCheckItem", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:UpdateItem"],
        )],
        "ReadGroupDirectory" => &[("GroupsTable", &["dynamodb:Query"])],
        "EraseGroups" => &[(
            "GroupsTable",
            &[
                "dynamodb:ConditionCheckItem",
                "dynamodb:DeleteItem",
                "dynamodb:GetItem",
                "dynamodb:Query",
                "dynamodb:UpdateItem",
            ],
        )],
        "KeepsMessages" => &[("MessagesTable", &["dynamodb:Query"])],
        "EraseMessages" => &[("MessagesTable", &["dynamodb:BatchWriteItem", "dynamodb:Query"])],
        "ReadErasure" | "ReadVisibleSince" => &[("RuntimeTable", &["dynamodb:GetItem"])],
        "NoteErasure" => &[("RuntimeTable", &["dynamodb:GetItem", "dynamodb:UpdateItem"])],
        "ForgetNotifier" => &[("RuntimeTable", &["dynamodb:DeleteItem"])],
        "FreeAppName" => &[("AppsTable", &["dynamodb:DeleteItem", "dynamodb:Query", "dynamodb:UpdateItem"])],
        "ListApps" | "ReadApps" => &[("AppsTable", &["dynamodb:Query"])],
        "ReadCounts" => &[("RuntimeTable", &["dynamodb:Query"])],
        "ReadHealth" => &[("RuntimeTable", &["dynamodb:BatchGetItem"])],
        "QueueCallbacks" => &[("CallbackQueue", &["sqs:SendMessage"])],
        "TrackEndpoint" => &[("RuntimeTable", &["dynamodb:GetItem", "dynamodb:PutItem"])],
        "StoreCallbacks" => &[("RuntimeTable", &["dynamodb:BatchWriteItem", "dynamodb:PutItem"])],
        "TakeCallbacks" => &[("RuntimeTable", &["dynamodb:DeleteItem", "dynamodb:Query"])],
        "RemoveCallbacks" => &[("RuntimeTable", &["dynamodb:BatchWriteItem"])],
        "ListCallbacks" => &[("RuntimeTable", &["dynamodb:Query"])],
        "EraseCallbacks" => &[("RuntimeTable", &["dynamodb:BatchWriteItem", "dynamodb:Query"])],
        "ReadTask" | "ReadTaskContent" => &[("RuntimeTable", &["dynamodb:GetItem"])],
        "ChangeTask" => &[("RuntimeTable", &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"])],
        "CreateTask" => &[("RuntimeTable", &["dynamodb:GetItem", "dynamodb:PutItem"])],
        "ListTasks" => &[("RuntimeTable", &["dynamodb:Query"])],
        "FindDueTasks" => &[("RuntimeTable", &["dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:Query"])],
        "CountTaskPushes" | "ReservePage" => &[("RuntimeTable", &["dynamodb:UpdateItem"])],
        "ReadTaskCounts" => &[("RuntimeTable", &["dynamodb:BatchGetItem"])],
        "StorePushes" => &[("RuntimeTable", &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"])],
        "EraseTasks" => &[("RuntimeTable", &["dynamodb:BatchWriteItem", "dynamodb:Query"])],
        "QueueErase" => &[("EraseQueue", &["sqs:SendMessage"])],
        "ReadFacts" => &[("UsersTable", &["dynamodb:GetItem", "dynamodb:Query"])],
        "ReadGateways" => &[("RuntimeTable", &["dynamodb:GetItem"])],
        "RenewGateways" => &[("RuntimeTable", &["dynamodb:GetItem", "dynamodb:PutItem"])],
        "ReadBan" | "ReadNickname" => &[("UsersTable", &["dynamodb:GetItem"])],
        "RemoveUnregisteredToken" => &[("UsersTable", &["dynamodb:DeleteItem"])],
        "FindStored" => &[("MessagesTable", &["dynamodb:BatchGetItem"])],
        "StoreMessages" => &[("MessagesTable", &["dynamodb:BatchWriteItem", "dynamodb:PutItem"])],
        "AddCounts" => &[("RuntimeTable", &["dynamodb:UpdateItem"])],
        "EraseCounts" => &[("RuntimeTable", &["dynamodb:DeleteItem", "dynamodb:Query"])],
        "FindRecorded" => &[("MessagesTable", &["dynamodb:BatchGetItem", "dynamodb:Query"])],
        "StoreGroupMessages" | "RecordPage" | "RecordForAll" | "NoteTaken" => {
            &[("MessagesTable", &["dynamodb:PutItem"])]
        }
        "FindEnded" => &[("MessagesTable", &["dynamodb:GetItem", "dynamodb:Query"])],
        "ReadContent" => &[("MessagesTable", &["dynamodb:GetItem"])],
        "FindTokenOwners" => &[("UsersTable", &["dynamodb:BatchGetItem"])],
        "RecordDecision" => &[("MessagesTable", &["dynamodb:UpdateItem"])],
        "RecordOutcomes" => &[("MessagesTable", &["dynamodb:UpdateItem"])],
        "ReadGroupMessage" => &[("MessagesTable", &["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"])],
        "ReadTraces" => &[("MessagesTable", &["dynamodb:BatchGetItem", "dynamodb:Query"])],
        "ReadMessage" => &[("MessagesTable", &["dynamodb:BatchGetItem", "dynamodb:GetItem"])],
        "RecordReceipt" => &[("MessagesTable", &["dynamodb:UpdateItem"])],
        "QueueDispatch" | "QueueTask" | "RequestRevocation" | "QueueRecalls" => {
            &[("DispatchQueue", &["sqs:SendMessage"])]
        }
        "QueueDirect" => &[("DirectQueue", &["sqs:SendMessage"])],
        "KeepConnections" => {
            &[("RuntimeTable", &["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"])]
        }
        "TrackConnections" => &[(
            "UsersTable",
            &["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"],
        )],
        "PostToConnections" => &[
            ("ConnectionApi/live/POST/@connections/*", &["execute-api:ManageConnections"]),
            ("ConnectionApi/live/DELETE/@connections/*", &["execute-api:ManageConnections"]),
        ],
        "DecryptCredential" => &[("CredentialKey", &["kms:Decrypt"])],
        "EncryptCredential" => &[("CredentialKey", &["kms:Encrypt"])],
        "ReadSecret" => &[
            ("OperatorKeySecret", &["secretsmanager:GetSecretValue"]),
            ("TokenSigningSecret", &["secretsmanager:GetSecretValue"]),
        ],
        // These ports depend on the function and are in `policies.rs`, or they call nothing.
        "QueuePush" | "QueueRevocations" | "QueueEnds" | "DeadLetterRecord" | "ReturnRecord" | "TestNotifier"
        | "PushNow" | "CheckCredentials" | "Clock" | "Entropy" | "VendorClient" | "PostCallback" => &[],
        other => panic!("say what the adapter of {other} calls"),
    }
}
