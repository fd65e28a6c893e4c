// One call of each kind with Segment's own client, as its documentation shows it. Arguments: host, write key.
import { Analytics } from "@segment/analytics-node";

const [host, writeKey] = process.argv.slice(2);
const analytics = new Analytics({ host, writeKey });
const failures = [];
analytics.on("error", (error) => failures.push(`${error.code}: ${error.reason}`));

analytics.page({ anonymousId: "a-1", name: "Tents", category: "Shop", properties: { path: "/tents" } });
analytics.screen({ anonymousId: "a-1", name: "Basket" });
analytics.identify({ userId: "ada", traits: { email: "ada@example.com", plan: "gold" } });
analytics.track({ userId: "ada", event: "Order Completed", properties: { order_id: "o-1", total: 42.5, currency: "EUR" } });
analytics.group({ userId: "ada", groupId: "acme", traits: { name: "Acme", employees: 40, role: "owner" } });
analytics.alias({ userId: "ada", previousId: "a-1" });
await analytics.closeAndFlush();

console.log(JSON.stringify({ failures }));
