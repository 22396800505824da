// USearch on vectors of ours, in bf16, as a process that answers commands; those of hnsw_peer.cpp, without churn.
//
//   node usearch_peer.mjs VECTORS COUNT DIMS M EF_CONSTRUCTION GRAPH
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import usearch from 'usearch';

const [vectorsPath, count, dimensions, connectivity, effort, graph] = process.argv.slice(2).map((text, i) => (i === 0 || i === 5 ? text : Number(text)));

// The effort of a search is fixed when an index is made: one is loaded for each.
const open = (expansion_search) => new usearch.Index({ metric: 'ip', dimensions, connectivity, quantization: 'bf16', expansion_add: effort, expansion_search });
const floats = (path) => {
    const bytes = readFileSync(path);
    return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
};

let seconds = 0;
if (!existsSync(graph)) {
    const index = open(64);
    const vectors = floats(vectorsPath);
    const start = process.hrtime.bigint();
    for (let i = 0; i < count; i++) index.add(BigInt(i), vectors.subarray(i * dimensions, (i + 1) * dimensions));
    seconds = Number(process.hrtime.bigint() - start) / 1e9;
    index.save(graph);
}
console.log(`ready ${seconds}`);

const loaded = { effort: 0, index: null };
for await (const line of createInterface({ input: process.stdin })) {
    const [command, queriesPath, queryCount, ef, resultsPath] = line.split(' ');
    if (command === 'quit') break;
    if (loaded.effort !== ef) {
        loaded.effort = ef;
        loaded.index = open(Number(ef));
        loaded.index.load(graph);
    }
    const queries = floats(queriesPath);
    const results = new Uint32Array(Number(queryCount) * 2);
    for (let q = 0; q < Number(queryCount); q++) {
        const query = queries.subarray(q * dimensions, (q + 1) * dimensions);
        const begin = process.hrtime.bigint();
        const found = loaded.index.search(query, 1);
        results[q * 2 + 1] = Number(process.hrtime.bigint() - begin);
        results[q * 2] = Number(found.keys[0]);
    }
    writeFileSync(resultsPath, results);
    console.log('done');
}
