// FAISS's HNSW over floats, on vectors of ours, as a process that answers commands; those of hnsw_peer.cpp, without churn.
//
//   faiss_peer VECTORS COUNT DIMS M EF_CONSTRUCTION [GRAPH]
#include <faiss/IndexHNSW.h>
#include <faiss/index_io.h>
#include <omp.h>

#include <chrono>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

namespace {

std::vector<float> read_floats(const std::string& path, size_t count) {
    std::vector<float> values(count);
    std::ifstream file(path, std::ios::binary);
    file.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(count * sizeof(float)));
    if (!file) throw std::runtime_error("cannot read " + path);
    return values;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 6 && argc != 7) {
        std::cerr << "usage: faiss_peer VECTORS COUNT DIMS M EF_CONSTRUCTION [GRAPH]\n";
        return 2;
    }
    omp_set_num_threads(1);
    const size_t count = std::stoul(argv[2]), dims = std::stoul(argv[3]);
    const std::string graph = argc == 7 ? argv[6] : "";
    const bool load = !graph.empty() && std::ifstream(graph).good();
    auto start = std::chrono::steady_clock::now();
    std::unique_ptr<faiss::IndexHNSW> index;
    if (load) {
        index.reset(dynamic_cast<faiss::IndexHNSW*>(faiss::read_index(graph.c_str())));
    } else {
        const std::vector<float> vectors = read_floats(argv[1], count * dims);
        index = std::make_unique<faiss::IndexHNSWFlat>(static_cast<int>(dims), std::stoi(argv[4]), faiss::METRIC_INNER_PRODUCT);
        index->hnsw.efConstruction = std::stoi(argv[5]);
        start = std::chrono::steady_clock::now();
        index->add(static_cast<int64_t>(count), vectors.data());
    }
    std::cout << "ready " << (load ? 0 : std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count()) << std::endl;
    if (!load && !graph.empty()) faiss::write_index(index.get(), graph.c_str());

    std::string command;
    while (std::cin >> command && command != "quit") {
        std::string queries_path, results_path;
        size_t query_count;
        int ef;
        std::cin >> queries_path >> query_count >> ef >> results_path;
        const std::vector<float> queries = read_floats(queries_path, query_count * dims);
        index->hnsw.efSearch = ef;
        std::ofstream results(results_path, std::ios::binary);
        for (size_t q = 0; q < query_count; q++) {
            float similarity;
            int64_t label;
            const auto begin = std::chrono::steady_clock::now();
            index->search(1, &queries[q * dims], 1, &similarity, &label);
            const auto nanoseconds = static_cast<uint32_t>(
                std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - begin).count());
            const auto id = static_cast<uint32_t>(label);
            results.write(reinterpret_cast<const char*>(&id), sizeof id);
            results.write(reinterpret_cast<const char*>(&nanoseconds), sizeof nanoseconds);
        }
        results.close();
        std::cout << "done" << std::endl;
    }
}
