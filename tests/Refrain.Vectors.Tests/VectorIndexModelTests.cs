using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace Refrain.Vectors.Tests;

/// <summary>Any sequence of operations leaves the index as a brute-force model has it.</summary>
public sealed class VectorIndexModelTests
{
    private const int Dimensions = 64;

    private static float[] VectorOf(int key, int version) => TestVectors.Unit(new Random(key * 100 + version), Dimensions);

    /// <summary>An index over a file, and what a dictionary says that it should hold.</summary>
    private sealed class Sequence(string path) : IDisposable
    {
        private const int SectorSize = 512;

        private readonly FakeTimeProvider _time = new();
        private readonly Dictionary<(int Space, int Key), (int Version, DateTimeOffset? Expires)> _model = [];

        /// <summary>What each key held since the last flush: after a cut it holds one of these, or nothing.</summary>
        private readonly Dictionary<(int Space, int Key), HashSet<int>> _sinceFlush = [];

        private readonly HashSet<(int Space, int Key)> _touched = [];

        private string _path = path;
        private byte[] _flushed = [];
        private VectorIndex? _index;

        private VectorIndexOptions Options => new() { Dimensions = Dimensions, TimeProvider = _time, ExtentSlotCount = 16, FlushInterval = TimeSpan.FromDays(1) };

        private VectorIndex Index => _index ??= VectorIndex.Open(_path, Options);

        public void Apply(int kind, int space, int key, int version)
        {
            switch (kind)
            {
                case <= 4:
                    DateTimeOffset? expires = version > 6 ? _time.GetUtcNow() + TimeSpan.FromSeconds(version) : null;
                    Assert.True(Index.Add((UInt128)(uint)space, (UInt128)(uint)key, VectorOf(key, version), expires));
                    _model[(space, key)] = (version, expires);
                    Since(space, key).Add(version);
                    _touched.Add((space, key));
                    break;
                case 5:
                    Assert.Equal(_model.Remove((space, key)), Index.Remove((UInt128)(uint)space, (UInt128)(uint)key));
                    _touched.Add((space, key));
                    break;
                case 6:
                    // The background's tick is a day away: what has expired is still counted, and not found.
                    _time.Advance(TimeSpan.FromSeconds(version));
                    break;
                case 7:
                    Close();
                    break;
                case 8 when version == 0:
                    Index.RemoveNamespace((UInt128)(uint)space);
                    foreach ((int Space, int Key) gone in _model.Keys.Where(entry => entry.Space == space).ToArray())
                    {
                        _model.Remove(gone);
                        _touched.Add(gone);
                    }
                    break;
                case 10:
                    Index.Flush();
                    _flushed = Snapshot();
                    _sinceFlush.Clear();
                    _touched.Clear();
                    foreach (((int atSpace, int atKey), (int atVersion, _)) in _model)
                        Since(atSpace, atKey).Add(atVersion);
                    break;
                case 11:
                    Die(Snapshot());
                    break;
                case 12 when _flushed.Length > 0:
                    Cut(new Random(key * 100 + version));
                    break;
                default:
                    AssertAgrees(Index, _model, _time.GetUtcNow(), space, VectorOf(key, version));
                    break;
            }
        }

        public void AssertAllAgree()
        {
            for (int space = 0; space < 3; space++)
                for (int key = 0; key < 30; key += 7)
                    AssertAgrees(Index, _model, _time.GetUtcNow(), space, VectorOf(key, 1));
        }

        public void Dispose() => _index?.Dispose();

        private HashSet<int> Since(int space, int key)
        {
            if (!_sinceFlush.TryGetValue((space, key), out HashSet<int>? versions))
                _sinceFlush.Add((space, key), versions = []);
            return versions;
        }

        /// <summary>The file as the system has it while it is mapped.</summary>
        private byte[] Snapshot()
        {
            _ = Index;
            using var stream = new FileStream(_path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return bytes;
        }

        private void Close()
        {
            Index.Dispose();
            _index = VectorIndex.Open(_path, Options);
            DropExpired();
            // A close flushes, and what follows is another life: a cut is only made after a flush of its own.
            _flushed = [];
        }

        /// <summary>What has expired is not taken up again.</summary>
        private void DropExpired()
        {
            foreach ((int Space, int Key) gone in _model.Where(entry => entry.Value.Expires <= _time.GetUtcNow()).Select(entry => entry.Key).ToArray())
                _model.Remove(gone);
        }

        /// <summary>The process dies with the file as the system has it; nothing that was acknowledged is lost.</summary>
        private void Die(byte[] file)
        {
            VectorIndex dying = Index;
            _path += "+";
            File.WriteAllBytes(_path, file);
            dying.Dispose();
            _index = null;
            _flushed = [];
            DropExpired();
            Assert.NotEqual(RecoveryKind.SetAside, Index.Recovery.Kind);
        }

        /// <summary>The power goes: of the sectors that changed since the last flush, any may have reached the disk.</summary>
        private void Cut(Random random)
        {
            byte[] young = Snapshot();
            Array.Resize(ref _flushed, young.Length);
            for (int sector = 0; sector < young.Length; sector += SectorSize)
                if (random.Next(2) == 0)
                    Array.Copy(_flushed, sector, young, sector, SectorSize);
            Die(young);
            var vector = new float[Dimensions];
            foreach ((UInt128 space, UInt128 key) in Index.EnumerateKeys().ToArray())
            {
                (int, int) at = ((int)space, (int)key);
                Assert.True(Index.TryGetVector(space, key, vector));
                Assert.True(_sinceFlush.TryGetValue(at, out HashSet<int>? versions), $"{at} was removed, flushed, and came back.");
                Assert.Contains(versions, version => TestVectors.Cosine(vector, VectorOf((int)key, version)) > 0.9999);
                // Which of several writes of it came through, nobody can tell: it counts no more.
                if (_touched.Contains(at))
                    Index.Remove(space, key);
            }
            foreach ((int, int) at in _touched)
                _model.Remove(at);
            // What was not touched since the flush is there for certain: the caller compares it with the model.
            Assert.Equal(_model.Count, Index.Count);
        }
    }

    [Fact]
    public void Any_sequence_of_operations_agrees_with_a_brute_force_model()
    {
        var operation = Gen.Select(Gen.Int[0, 12], Gen.Int[0, 2], Gen.Int[0, 30], Gen.Int[0, 9]);
        operation.Array[1, 60].Sample(operations =>
        {
            using var sequence = new Sequence(TestVectors.TempPath());
            foreach ((int kind, int space, int key, int version) in operations)
                sequence.Apply(kind, space, key, version);
            sequence.AssertAllAgree();
        }, iter: 300);
    }

    private static void AssertAgrees(
        VectorIndex index, Dictionary<(int Space, int Key), (int Version, DateTimeOffset? Expires)> model, DateTimeOffset now, int space, float[] query)
    {
        double[] truth = [.. model.Where(entry => entry.Key.Space == space && (entry.Value.Expires is not { } expires || expires > now))
            .Select(entry => TestVectors.Cosine(query, VectorOf(entry.Key.Key, entry.Value.Version))).OrderDescending()];
        var matches = new VectorMatch[5];
        int count = index.Find((UInt128)(uint)space, query, matches);
        Assert.Equal(Math.Min(5, truth.Length), count);
        for (int i = 0; i < count; i++)
            Assert.Equal(truth[i], matches[i].Similarity, 1e-3);
        Assert.Equal(truth.Length > 0 && truth[0] > 0.9, index.TryFind((UInt128)(uint)space, query, 0.9f, out _));
    }
}
