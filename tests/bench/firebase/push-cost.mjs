// Sends a notification to many device tokens through firebase-admin, as the binary push-cost does through our client.
//
// Usage: push-cost.mjs TOKENS TIMES SIMULATORS
//
// Google's addresses are fixed in firebase-admin, so connections to FCM are opened to the simulators instead, below
// their path. NODE_EXTRA_CA_CERTS names their certificate authority.

import { createSign } from 'node:crypto';
import http2 from 'node:http2';

import { initializeApp } from 'firebase-admin/app';
import { getMessaging } from 'firebase-admin/messaging';

const FCM = 'https://fcm.googleapis.com';
const [tokens, times, simulators] = [Number(process.argv[2]), Number(process.argv[3]), process.argv[4]];

const ask = async (path, options) => (await fetch(simulators + path, options)).json();

const connect = http2.connect;
http2.connect = (authority, options) => {
  if (authority !== FCM) throw new Error(`a connection to ${authority}`);
  const session = connect(simulators.replace('http:', 'https:'), options);
  const request = session.request;
  session.request = function (headers, more) {
    headers[':path'] = `/fcm${headers[':path']}`;
    // firebase-admin writes `https:`, which the simulators' HTTP library refuses.
    headers[':scheme'] = 'https';
    return request.call(this, headers, more);
  };
  return session;
};

// An access token is exchanged once, as in our client.
const account = (await ask('/_sim/test-accounts')).fcm;
const encoded = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const now = Math.floor(Date.now() / 1000);
const claims = {
  iss: account.client_email,
  scope: 'https://www.googleapis.com/auth/firebase.messaging',
  aud: account.token_uri,
  iat: now,
  exp: now + 3600,
};
const signed = `${encoded({ alg: 'RS256', typ: 'JWT', kid: account.private_key_id })}.${encoded(claims)}`;
const signature = createSign('RSA-SHA256').update(signed).sign(account.private_key, 'base64url');
const grant = await ask('/fcm/token', {
  method: 'POST',
  body: new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    assertion: `${signed}.${signature}`,
  }),
});

initializeApp({ projectId: account.project_id, credential: { getAccessToken: async () => grant } });
const messaging = getMessaging();

// The form in which FCM issues them, each one unused.
const letters = () => Math.random().toString(36).slice(2).padEnd(12, '0').slice(0, 12);
const phones = Array.from({ length: tokens }, () => `${letters()}abcd:APA91b${letters().repeat(8)}`);

for (let time = 0; time < times; time += 1) {
  const id = String(time).padStart(26, '0');
  const messages = phones.map((token) => ({
    token,
    data: { f: 'alice', t: 'bob', m: id, e: '{"room":7}' },
    android: {
      priority: 'HIGH',
      ttl: 86_400_000,
      restrictedPackageName: 'com.example.im',
      notification: {
        title: '爱丽丝',
        body: 'Are you coming tonight? 我们在老地方等你。',
        tag: id,
        sound: 'default',
      },
    },
  }));
  const { failureCount, responses } = await messaging.sendEach(messages);
  if (failureCount > 0) throw responses.find((it) => !it.success).error;
}
process.exit(0);
