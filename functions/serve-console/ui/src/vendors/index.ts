/** The forms of all vendors, in the order in which the API lists them. */

import type { Schemas } from "../api/client";
import { fcm } from "./fcm";
import { commonOptions, type RecordField, type VendorForm } from "./field";
import { honor } from "./honor";
import { huawei } from "./huawei";
import { meizu } from "./meizu";
import { oppo } from "./oppo";
import { vivo } from "./vivo";
import { xiaomi } from "./xiaomi";

export type Vendor = Schemas["Vendor"];

export const forms: Record<Vendor, VendorForm> = { fcm, huawei, honor, xiaomi, oppo, vivo, meizu };
export const vendors = Object.keys(forms) as Vendor[];

export function optionsOf(vendor: Vendor): RecordField[] {
  return [...forms[vendor].options, ...commonOptions];
}
