import { Store } from '/work/main/storage/store.js';
import { MemoryVfs } from '/work/main/storage/memory-vfs.js';
import { realClock } from '/work/main/base/clock.js';
import { realPrng } from '/work/main/base/prng.js';
import { realScheduler } from '/work/main/base/scheduler.js';
import { TransactionManager } from '/work/main/mvcc/transaction-manager.js';
import { RowRef } from '/work/main/mvcc/types.js';
import { csn } from '/work/main/base/ids.js';
import { LeafRef } from '/work/main/storage/cursor.js';
const store = await Store.open({vfs:new MemoryVfs(), path:'m.db', clock:realClock, prng:realPrng, scheduler:realScheduler, durability:'none', checkpointIntervalMs:0});
const m = new TransactionManager(store, {clock:realClock, prng:realPrng, scheduler:realScheduler});
const id = store.newTreeId(); { const w=store.beginCommit(csn(0)); w.createTree(id); w.finish(); }
const t = m.tree(id, {unique:true});
const owner={id:1};
const N=200000;
const k8=new Uint8Array(8); const kdv=new DataView(k8.buffer);
const keyS=(n:number)=>{ kdv.setUint32(0,0); kdv.setUint32(4,n); return Buffer.from(k8).toString('latin1'); };
const val=new Uint8Array(60).fill(65);
let t0=performance.now();
for(let b=0;b<N;b+=1000){ const tx=m.begin({isolation:'read committed',owner}); tx.beginStatement({text:'i'}); for(let i=b;i<b+1000;i++){ const k=keyS(i); tx.claimKey(t,k); tx.insert(t,k,val,0,60);} tx.endStatement(); tx.commitSync(); }
let dt=performance.now()-t0; console.log('bulk insert us/row', (dt*1000/N).toFixed(2));
const ref=new RowRef(); const leaf=new LeafRef();
function rep(name:string, n:number, f:(i:number)=>void){ for(let r=0;r<3;r++){ const s=performance.now(); for(let i=0;i<n;i++) f(i); const d=performance.now()-s; if(r===2) console.log(name.padEnd(50), (d*1e6/n).toFixed(0),'ns'); } }
let x=12345; const rnd=()=>{ x=(Math.imul(x,1103515245)+12345)>>>0; return x% N; };
rep('btree.seek random', 300000, ()=>{ kdv.setUint32(4,rnd()); t.btree!.seek(k8,8,leaf); });
leaf.release();
rep('autocommit RC get (begin,stmt,get,end,commitSync)', 300000, ()=>{ const tx=m.begin({isolation:'read committed',owner}); tx.beginStatement({text:'g'}); kdv.setUint32(4,rnd()); tx.get(t,k8,8,ref); tx.endStatement(); tx.commitSync(); });
rep('autocommit SER readonly get', 300000, ()=>{ const tx=m.begin({isolation:'serializable',readOnly:true,owner}); tx.beginStatement({text:'g'}); kdv.setUint32(4,rnd()); tx.get(t,k8,8,ref); tx.endStatement(); tx.commitSync(); });
rep('autocommit SER rw get', 200000, ()=>{ const tx=m.begin({isolation:'serializable',owner}); tx.beginStatement({text:'g'}); kdv.setUint32(4,rnd()); tx.get(t,k8,8,ref); tx.endStatement(); tx.commitSync(); });
{ const tx=m.begin({isolation:'read committed',owner}); tx.beginStatement({text:'g'}); rep('get inside a statement RC', 300000, ()=>{ kdv.setUint32(4,rnd()); tx.get(t,k8,8,ref); }); tx.endStatement(); tx.rollback(); }
const upd=(iso:any)=>{ const tx=m.begin({isolation:iso,owner}); const sp=tx.savepoint(); tx.beginStatement({text:'u'}); const n=rnd(); kdv.setUint32(4,n); tx.get(t,k8,8,ref); const k=keyS(n); tx.lockRow(t,k,'no key update','wait'); tx.update(t,k,val,0,60); tx.endStatement(); tx.release(sp); tx.commitSync(); };
rep('autocommit RC update (commitSync)', 100000, ()=>upd('read committed'));
rep('autocommit SER update (commitSync)', 100000, ()=>upd('serializable'));
{ const tx=m.begin({isolation:'read committed',owner}); 
 rep('scan 100 rows', 50000, ()=>{ tx.beginStatement({text:'s'}); const n=rnd(); const s=tx.openScan(t,{low:keyS(n),high:keyS(n+100)}); let c=0; while(s.next()) c+=s.count; tx.endStatement(); });
 rep('scan whole (per row x1e-3)', 20, ()=>{ tx.beginStatement({text:'s'}); const s=tx.openScan(t,{low:'',high:undefined}); let c=0; while(s.next()) c+=s.count; if(c!==N) throw c; tx.endStatement(); });
 tx.rollback(); }
{ const tx=m.begin({isolation:'serializable',owner}); 
 rep('scan 100 rows SER', 5000, ()=>{ tx.beginStatement({text:'s'}); const n=rnd(); const s=tx.openScan(t,{low:keyS(n),high:keyS(n+100)}); let c=0; while(s.next()) c+=s.count; tx.endStatement(); });
 tx.rollback(); }
{ let a=performance.now(); const n=100000; for(let i=0;i<n;i++){ const tx=m.begin({isolation:'read committed',owner}); tx.beginStatement({text:'g'}); tx.endStatement(); await tx.commit(); } console.log('empty txn async', ((performance.now()-a)*1e6/n).toFixed(0)); }
console.log(m.statistics());
