// hnswlib on vectors of ours, as a process that answers commands, so that its runs can be taken in turns with others'.
//
//   hnsw_peer f32|int8 VECTORS COUNT DIMS M EF_CONSTRUCTION [GRAPH]
//
// VECTORS holds COUNT * DIMS floats, each vector of length 1. GRAPH is a file that the index is loaded from if it exists, and saved to if not. Prints "ready SECONDS",
// 0 if it was loaded. Commands on standard input, one a line:
//   search QUERIES COUNT EF RESULTS     RESULTS gets, for each query, an id (u32) and a time in nanoseconds (u32)
//   churn FIRST COUNT                   replaces that many vectors by themselves; prints the time
//   quit
// Each command is answered by a line on standard output.
#include <hnswlib/hnswlib.h>

#include <immintrin.h>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

namespace {

size_t dims;
size_t padded;

// A code: its scale, the sum of its bytes, and the bytes.
struct Head {
    float scale;
    int32_t sum;
};

void encode(const float* vector, uint8_t* code) {
    float largest = 1e-20f;
    for (size_t i = 0; i < dims; i++) largest = std::max(largest, std::fabs(vector[i]));
    auto* head = reinterpret_cast<Head*>(code);
    auto* bytes = reinterpret_cast<int8_t*>(code + sizeof(Head));
    head->scale = largest / 127;
    head->sum = 0;
    for (size_t i = 0; i < padded; i++) {
        bytes[i] = i < dims ? static_cast<int8_t>(std::lrint(vector[i] / head->scale)) : 0;
        head->sum += bytes[i];
    }
}

// One minus the cosine of two codes: bytes by 512-bit VNNI, one side made unsigned by adding 128.
float int8_distance(const void* a, const void* b, const void*) {
    auto* x = static_cast<const uint8_t*>(a);
    auto* y = static_cast<const uint8_t*>(b);
    auto* head_x = reinterpret_cast<const Head*>(x);
    auto* head_y = reinterpret_cast<const Head*>(y);
    x += sizeof(Head);
    y += sizeof(Head);
    const __m512i high = _mm512_set1_epi8(static_cast<char>(0x80));
    __m512i sum0 = _mm512_setzero_si512(), sum1 = sum0;
    for (size_t i = 0; i < padded; i += 128) {
        sum0 = _mm512_dpbusd_epi32(sum0, _mm512_xor_si512(_mm512_loadu_si512(x + i), high), _mm512_loadu_si512(y + i));
        sum1 = _mm512_dpbusd_epi32(sum1, _mm512_xor_si512(_mm512_loadu_si512(x + i + 64), high), _mm512_loadu_si512(y + i + 64));
    }
    int dot = _mm512_reduce_add_epi32(_mm512_add_epi32(sum0, sum1)) - 128 * head_y->sum;
    return 1 - dot * head_x->scale * head_y->scale;
}

class Int8Space : public hnswlib::SpaceInterface<float> {
public:
    size_t get_data_size() override { return sizeof(Head) + padded; }
    hnswlib::DISTFUNC<float> get_dist_func() override { return int8_distance; }
    void* get_dist_func_param() override { return nullptr; }
};

std::vector<float> read_floats(const std::string& path, size_t count) {
    std::vector<float> values(count);
    std::ifstream file(path, std::ios::binary);
    file.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(count * sizeof(float)));
    if (!file) throw std::runtime_error("cannot read " + path);
    return values;
}

float dot(const float* a, const float* b) {
    float sum = 0;
    for (size_t i = 0; i < dims; i++) sum += a[i] * b[i];
    return sum;
}

double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 7 && argc != 8) {
        std::cerr << "usage: hnsw_peer f32|int8 VECTORS COUNT DIMS M EF_CONSTRUCTION [GRAPH]\n";
        return 2;
    }
    const bool int8 = std::string(argv[1]) == "int8";
    const size_t count = std::stoul(argv[3]);
    dims = std::stoul(argv[4]);
    padded = (dims + 127) / 128 * 128;
    const std::vector<float> vectors = read_floats(argv[2], count * dims);

    hnswlib::InnerProductSpace float_space(dims);
    Int8Space int8_space;
    hnswlib::SpaceInterface<float>* space = &float_space;
    if (int8) space = &int8_space;
    const std::string graph = argc == 8 ? argv[7] : "";
    const bool load = !graph.empty() && std::ifstream(graph).good();
    auto made = load ? std::make_unique<hnswlib::HierarchicalNSW<float>>(space, graph, false, count)
                     : std::make_unique<hnswlib::HierarchicalNSW<float>>(space, count, std::stoul(argv[5]), std::stoul(argv[6]));
    hnswlib::HierarchicalNSW<float>& index = *made;
    std::vector<uint8_t> code(sizeof(Head) + padded);
    auto point = [&](const float* vector) -> const void* {
        if (!int8) return vector;
        encode(vector, code.data());
        return code.data();
    };
    auto start = std::chrono::steady_clock::now();
    for (size_t i = 0; i < count && !load; i++) index.addPoint(point(&vectors[i * dims]), i);
    std::cout << "ready " << (load ? 0 : seconds_since(start)) << std::endl;
    if (!load && !graph.empty()) index.saveIndex(graph);

    std::string command;
    while (std::cin >> command && command != "quit") {
        if (command == "churn") {
            size_t first, amount;
            std::cin >> first >> amount;
            start = std::chrono::steady_clock::now();
            for (size_t i = first; i < first + amount; i++) index.addPoint(point(&vectors[i * dims]), i);
            std::cout << "churned " << seconds_since(start) << std::endl;
            continue;
        }
        std::string queries_path, results_path;
        size_t query_count, ef;
        std::cin >> queries_path >> query_count >> ef >> results_path;
        const std::vector<float> queries = read_floats(queries_path, query_count * dims);
        index.setEf(ef);
        std::ofstream results(results_path, std::ios::binary);
        for (size_t q = 0; q < query_count; q++) {
            const float* query = &queries[q * dims];
            auto begin = std::chrono::steady_clock::now();
            // Eight candidates by bytes, the best of them by floats.
            auto found = index.searchKnn(point(query), int8 ? 8 : 1);
            uint32_t id = UINT32_MAX;
            float cosine = -2;
            for (; !found.empty(); found.pop()) {
                const auto candidate = static_cast<uint32_t>(found.top().second);
                const float similarity = int8 ? dot(query, &vectors[candidate * dims]) : 1 - found.top().first;
                if (similarity > cosine) {
                    cosine = similarity;
                    id = candidate;
                }
            }
            const auto nanoseconds = static_cast<uint32_t>(
                std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - begin).count());
            results.write(reinterpret_cast<const char*>(&id), sizeof id);
            results.write(reinterpret_cast<const char*>(&nanoseconds), sizeof nanoseconds);
        }
        results.close();
        std::cout << "done" << std::endl;
    }
}
