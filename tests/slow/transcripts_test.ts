/** All transcripts in all ways. */

import "../transcripts_test.ts";
