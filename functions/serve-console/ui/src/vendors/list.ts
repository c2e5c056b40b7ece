/** Every vendor, in the order in which the API lists them: written by `make docs` from the list of the code. */

import type { Schemas } from "../api/base";

export type Vendor = Schemas["Vendor"];

export const vendors: Vendor[] = ["fcm", "huawei", "honor", "xiaomi", "oppo", "vivo", "meizu"];
