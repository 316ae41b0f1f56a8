// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Bytes} from "@openzeppelin/contracts/utils/Bytes.sol";
import {MaskSecrets} from "../src/MaskSecrets.sol";
import {X25519} from "../src/X25519.sol";
import {Answers} from "./Answers.sol";
import {vm} from "./Vm.sol";

contract MaskSecretsTest is Answers {
    /// RFC 7748, sections 5.2 and 6.1.
    function test_key_agreement_of_the_standard() public view {
        bytes32 made = X25519.exchange(
            0xa546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4,
            0xe6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c
        );
        vm.assertEq(made, 0xc3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552, "first");
        made = X25519.exchange(
            0x4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d,
            0xe5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493
        );
        vm.assertEq(made, 0x95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957, "second");
        made = X25519.publicOf(0x77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a);
        vm.assertEq(made, 0x8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a, "Alice's key");
        made = X25519.publicOf(0x5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb);
        vm.assertEq(made, 0xde9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f, "Bob's key");
    }

    /// k and 8L - k give one public key; with 2, which is no point of the curve, they agree on different secrets.
    function test_two_private_keys_may_have_one_public_half_and_are_told() public view {
        uint256 order = 2 ** 252 + 27742317777372353535851937790883648493;
        uint256[3] memory scalars = [2 ** 254, 2 ** 254 + 8 * 777, 8 * (order - 2 ** 252)];
        scalars[2] = 2 ** 254 + scalars[2] / 16 * 8;
        for (uint256 n; n < scalars.length; ++n) {
            bytes32 key = Bytes.reverseBytes32(bytes32(scalars[n]));
            bytes32 other = Bytes.reverseBytes32(bytes32(8 * order - scalars[n]));
            vm.assertEq(X25519.publicOf(key), X25519.publicOf(other), "public half");
            bytes32 off = bytes32(uint256(2) << 248);
            vm.assertTrue(X25519.exchange(key, off) != X25519.exchange(other, off), "secrets");
            vm.assertTrue(X25519.hasTwin(key) && X25519.hasTwin(other), "told");
            vm.assertTrue(X25519.hasTwin(key | bytes32(uint256(0xc0))), "bits that are not read");
        }
        vm.assertFalse(X25519.hasTwin(Bytes.reverseBytes32(bytes32(uint256(2 ** 254 + 2 ** 128)))), "above");
        vm.assertFalse(X25519.hasTwin(keccak256("any")), "any");
    }

    /// forge-config: default.fuzz.runs = 20
    function test_both_sides_agree(bytes32 one, bytes32 other) public view {
        bytes32 agreed = X25519.exchange(one, X25519.publicOf(other));
        vm.assertEq(agreed, X25519.exchange(other, X25519.publicOf(one)), "agreed");
    }

    function test_keys_and_the_seed_of_a_pair_are_those_of_the_python_side() public view {
        bytes32[] memory secrets = vm.parseJsonBytes32Array(json, ".masking.masking_secrets");
        bytes32[] memory keys = vm.parseJsonBytes32Array(json, ".masking.masking_keys");
        vm.assertEq(X25519.publicOf(secrets[0]), keys[0], "key of 2");
        vm.assertEq(X25519.publicOf(secrets[1]), keys[1], "key of 5");
        bytes32 session = _b(".masking.session_digest");
        bytes32 seed = _b(".masking.pair_seed");
        vm.assertEq(MaskSecrets.pairSeed(session, 2, keys[0], 5, keys[1], secrets[1]), seed, "5 opened");
        vm.assertEq(MaskSecrets.pairSeed(session, 5, keys[1], 2, keys[0], secrets[0]), seed, "2 opened");
        bytes32 hash = MaskSecrets.seedHash(session, 2, 5, _b(".masking.seed"));
        vm.assertEq(hash, _b(".masking.seed_hash"), "hash of a seed");
    }

    /// The most that `choose` asks for in docs/masking.md's table: 154 of 307 holders.
    function test_the_shares_of_the_largest_sparse_graphs_join_within_a_transaction() public view {
        (uint256[] memory points, uint256[] memory values) = (new uint256[](154), new uint256[](154));
        for (uint256 i; i < 154; ++i) {
            points[i] = 65 * i + 1;
            for (uint256 power; power < 154; ++power) {
                values[i] = mulmod(values[i], points[i], MaskSecrets.PRIME);
                uint256 coefficient = uint256(keccak256(abi.encode("coefficient", power)));
                values[i] = addmod(values[i], coefficient, MaskSecrets.PRIME);
            }
        }
        uint256 before = gasleft();
        bytes32 secret = MaskSecrets.join(points, values);
        vm.assertTrue(before - gasleft() < 10_000_000, "gas");
        uint256 dealt = uint256(keccak256(abi.encode("coefficient", uint256(153)))) % MaskSecrets.PRIME;
        vm.assertEq(uint256(secret), dealt, "secret");
    }

    function test_shares_of_the_python_side_join_to_its_secret() public view {
        bytes32[] memory shares = vm.parseJsonBytes32Array(json, ".masking.shares");
        uint256[] memory indices = vm.parseJsonUintArray(json, ".masking.indices");
        uint256[] memory points = new uint256[](2);
        uint256[] memory values = new uint256[](2);
        for (uint256 left; left < 3; ++left) {
            for (uint256 i; i < 2; ++i) {
                uint256 at = i < left ? i : i + 1;
                (points[i], values[i]) = (indices[at] + 1, uint256(shares[at]));
            }
            vm.assertEq(MaskSecrets.join(points, values), _b(".masking.secret"), "any two");
        }
    }
}
