/** Calls of the public API, typed by its description. */

import { clientOf } from "./base";
import { sendAs } from "./send";

export { ask, CallError, openApi, type Schemas } from "./base";

/** With the bearer of the app that is shown. */
export const appApi = clientOf(sendAs("app"));
/** With the operator's bearer. */
export const operatorApi = clientOf(sendAs("operator"));
