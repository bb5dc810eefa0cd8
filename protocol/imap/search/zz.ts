import { decodeWords } from "../../mime/encoded_word.ts";
import { foldHeader, Needle, fold } from "./text_match.ts";
for (const [n,u] of [["=?","=?"],["=?utf-8?q?","=?utf-8?q?"],["=?utf-8?q?a","=?utf-8?q?a"],["words","=?utf-8?q?a?= "],["joined","=?utf-8?q?a?="],["=?x?","=?x"],["? ","=?utf-8?q?a b"],["b","=?utf-8?b?YQ==?=\t"],["sp","=?utf-8?q?a?="+" ".repeat(1000)]] as const){
 const t=u.repeat(Math.ceil(262144/u.length)); const s=performance.now(); const r=decodeWords(t); console.log(n, r.length, (performance.now()-s).toFixed(0)+"ms");
}
{const t=" ".repeat(1<<20)+"x"; const s=performance.now(); foldHeader(t); console.log("ws",performance.now()-s);}
{const t="e"+"\u0301".repeat(1<<20); let s=performance.now(); fold(t); console.log("marks",performance.now()-s); s=performance.now(); fold(("e"+"\u0323\u0301".repeat(1<<19))); console.log("marks2",performance.now()-s);}
{const w=Array.from({length:100000},(_,i)=>"a").join(" "); const s=performance.now(); new Needle(w); console.log("needle",performance.now()-s);}
