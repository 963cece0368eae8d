import {readFileSync} from "fs"; import {readMetadata,outputMetadata,writeMetadata,tiffPages,isOwnOutput} from "@let-there-be-color/core/metadata";
import sharp from "sharp";
const files=["in.jpeg","in.png","in.webp","in.tiff","in.avif","inbe.tiff"].map(f=>readFileSync("/tmp/md/"+f));
const outs={}; for (const f of ["jpeg","png","webp","tiff","avif"]) outs[f]=await sharp({create:{width:40,height:30,channels:3,background:"#777"}}).toFormat(f).toBuffer();
let seed=1; const rnd=n=>{seed=(seed*1664525+1013904223)>>>0; return Math.floor(seed/2**32*n)};
let slow=0, worst="", errs=new Map(), kept=0, dmg=0;
const N=+process.argv[2]||3000;
for(let i=0;i<N;i++){ const f=new Uint8Array(files[i%files.length]); const n=1+rnd(8); for(let k=0;k<n;k++){ const at=rnd(Math.min(f.length, 4200)); const m=rnd(4); if(m===0)f[at]=rnd(256); else if(m===1)f[at]=255; else if(m===2)f[at]=0; else f[at]^=1<<rnd(8);} const g=rnd(5)===0?f.subarray(0,rnd(f.length)):f;
 const t=performance.now();
 try{ const {metadata,notices}=readMetadata(g); if(notices.some(n=>n.code==="metadata-damaged"))dmg++; if(metadata.exif)kept++; isOwnOutput(metadata); tiffPages(g); const o=outputMetadata(metadata,{width:40,height:30,provenance:{systemVersion:"x"}}); for(const fmt in outs) writeMetadata(outs[fmt],fmt,o);}catch(e){const k=(e.stack||String(e)).split("\n").slice(0,4).join("|"); errs.set(k,(errs.get(k)||0)+1)}
 const d=performance.now()-t; if(d>slow){slow=d;worst=i}
}
console.log({N,slow,worst,kept,dmg}); for(const [k,v] of errs) console.log(v,k);
