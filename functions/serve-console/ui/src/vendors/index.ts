/** The forms of vendors. A vendor without one has the plain form. */

import { fcm } from "./fcm";
import { commonOptions, plainForm, type RecordField, type VendorForm } from "./field";
import { honor } from "./honor";
import { huawei } from "./huawei";
import type { Vendor } from "./list";
import { meizu } from "./meizu";
import { oppo } from "./oppo";
import { vivo } from "./vivo";
import { xiaomi } from "./xiaomi";

export { vendors, type Vendor } from "./list";

export const forms: Partial<Record<Vendor, VendorForm>> = { fcm, huawei, honor, xiaomi, oppo, vivo, meizu };

export function formOf(vendor: Vendor): VendorForm {
  return forms[vendor] ?? plainForm(vendor);
}

export function optionsOf(vendor: Vendor): RecordField[] {
  return [...formOf(vendor).options, ...commonOptions];
}
