// Begins what every page has.

import { watchCanned } from "./canned.js";
import { watchDialogs } from "./dialogs.js";
import { restoreDrafts, watchDrafts } from "./drafts.js";
import { watchEntrance } from "./entrance.js";
import { watchInbox } from "./inbox.js";
import { watchKeys } from "./keys.js";
import { watchLive } from "./live.js";
import { watchPalette } from "./palette.js";
import { watchPolls } from "./poll.js";
import { watchRows } from "./rows.js";
import { watchSends } from "./send.js";
import { watchSwaps } from "./swap.js";
import { watchToasts } from "./toast.js";

watchToasts();
watchDialogs();
watchDrafts();
watchRows();
watchSends();
watchSwaps();
watchKeys();
watchPalette();
watchEntrance();
watchInbox();
watchCanned();
watchLive();
watchPolls();
document.addEventListener("placed", (event) => restoreDrafts(event.target));
// Of a long menu, the part with the page that is shown.
document.querySelector(".nav-groups [aria-current]")?.scrollIntoView({ block: "nearest" });
