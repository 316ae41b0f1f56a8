// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IConsentLedger} from "../src/interfaces/IConsentLedger.sol";
import {Base, vm} from "./Base.sol";

/// The table of grants and uses that Python reads too, put to a real ledger: one grant a row.
contract DuoVectorsTest is Base {
    address internal silo = vm.addr(77);
    uint256[] internal granted;
    uint256[] internal asked;
    uint256[] internal covered;

    function setUp() public override {
        super.setUp();
        _registerDataset();
        string memory json = vm.readFile("test/vectors.json");
        granted = vm.parseJsonUintArray(json, ".duo.granted");
        asked = vm.parseJsonUintArray(json, ".duo.asked");
        covered = vm.parseJsonUintArray(json, ".duo.covered");
    }

    function test_the_table_is_long_enough_and_has_both_answers() public view {
        vm.assertGe(granted.length, 60, "rows");
        uint256 yes;
        for (uint256 i; i < covered.length; ++i) {
            yes += covered[i];
        }
        vm.assertTrue(yes > 20 && covered.length - yes > 20, "answers");
        vm.assertTrue(asked.length == granted.length && covered.length == granted.length, "lengths");
    }

    function test_the_ledger_answers_every_row_as_the_table_does() public {
        for (uint256 i; i < granted.length; ++i) {
            IConsentLedger.Grant memory g = _grantFor(silo, i + 1);
            g.purposes = uint64(granted[i]);
            bytes32 id = _bringGrant(g);
            if (covered[i] == 0) {
                vm.expectRevert(
                    abi.encodeWithSelector(
                        IConsentLedger.PurposeNotCovered.selector, id, granted[i], asked[i]
                    )
                );
            }
            consent.requireLive(id, silo, uint64(asked[i]), uint40(block.timestamp));
            bool was = consent.liveAt(id, silo, uint64(asked[i]), block.timestamp);
            vm.assertTrue(was == (covered[i] == 1), "the same answer about the past");
        }
    }
}
