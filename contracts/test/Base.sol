// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RollDesk} from "../src/RollDesk.sol";
import {Court} from "../src/Court.sol";
import {Appeals} from "../src/Appeals.sol";
import {Reputation} from "../src/Reputation.sol";
import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
import {Committee} from "../src/Committee.sol";
import {ICommittee} from "../src/interfaces/ICommittee.sol";
import {ConsentLedger} from "../src/ConsentLedger.sol";
import {Coordinator} from "../src/Coordinator.sol";
import {Disputes} from "../src/Disputes.sol";
import {MaskDesk} from "../src/MaskDesk.sol";
import {ModelRegistry} from "../src/ModelRegistry.sol";
import {ParticipantRegistry} from "../src/ParticipantRegistry.sol";
import {TestToken} from "../src/TestToken.sol";
import {Treasury} from "../src/Treasury.sol";
import {IConsentLedger} from "../src/interfaces/IConsentLedger.sol";
import {ICoordinator} from "../src/interfaces/ICoordinator.sol";
import {IDisputes} from "../src/interfaces/IDisputes.sol";
import {ICoordinatorTypes} from "../src/interfaces/ICoordinatorTypes.sol";
import {IModelRegistry} from "../src/interfaces/IModelRegistry.sol";
import {IParticipantRegistry} from "../src/interfaces/IParticipantRegistry.sol";
import {ITreasury} from "../src/interfaces/ITreasury.sol";
import {bound, vm} from "./Vm.sol";

/// Everything deployed behind proxies, as in production; stake and rewards in the chain's own coin unless
/// `_tokens` says otherwise. This contract is the administrator, `sponsor` opens rounds.
abstract contract Base is ICoordinatorTypes {
    uint40 internal constant UNBONDING = 10_000;
    uint128 internal constant BOND = 1 ether;
    uint128 internal constant DUTY_BOND = 5 ether;
    uint128 internal constant REWARD = 3 ether;
    uint64 internal constant PURPOSE = 5;
    uint128 internal constant DEMAND_DEPOSIT = 0.01 ether;
    uint32 internal constant DRAW_DELAY = 4;
    uint128 internal constant APPEAL_DEPOSIT = 0.02 ether;

    uint256 internal constant SPONSOR_KEY = 0x5e01;
    uint256 internal constant HOLDER_KEY = 0x5e02;
    address internal sponsor = vm.addr(SPONSOR_KEY);
    address internal holder = vm.addr(HOLDER_KEY);
    address internal aggregator = vm.addr(0x5e03);
    address internal standby = vm.addr(0x5e04);
    address internal stranger = vm.addr(0x5e05);

    AccessManager internal manager;
    ParticipantRegistry internal registry;
    ConsentLedger internal consent;
    ModelRegistry internal models;
    Treasury internal treasury;
    ICoordinator internal coordinator;
    IDisputes internal disputes;
    ICommittee internal committee;
    Appeals internal appeals;
    Reputation internal reputation;
    address internal stakeToken;
    address internal rewardToken;
    address private appealsCode;
    address private reputationCode;

    function setUp() public virtual {
        vm.warp(1_700_000_000);
        (stakeToken, rewardToken) = _tokens();
        _deploy();
    }

    /// How long stake unbonds, seconds.
    function _unbonding() internal view virtual returns (uint40) {
        return UNBONDING;
    }

    /// The stake token and the reward token of the tests; 0 is the chain's own.
    function _tokens() internal virtual returns (address, address) {
        return (address(0), address(0));
    }

    /// Whether block hashes stand in for prevrandao.
    function _hashDraws() internal view virtual returns (bool) {
        return false;
    }

    function _deploy() internal {
        manager = new AccessManager(address(this));
        address registryCode = address(new ParticipantRegistry());
        address consentCode = address(new ConsentLedger());
        address modelsCode = address(new ModelRegistry());
        address treasuryCode = address(new Treasury());
        address coordinatorCode = address(new Coordinator(address(new Court(address(new RollDesk())))));
        address disputesCode = address(new Disputes(address(new MaskDesk())));
        address committeeCode = address(new Committee());
        appealsCode = address(new Appeals());
        reputationCode = address(new Reputation());
        uint256 n = vm.getNonce(address(this));
        address t = vm.computeCreateAddress(address(this), n + 3);
        address c = vm.computeCreateAddress(address(this), n + 4);
        address m = address(manager);
        registry = ParticipantRegistry(
            _proxy(
                registryCode,
                abi.encodeCall(
                    ParticipantRegistry.initialize,
                    (
                        m,
                        c,
                        t,
                        vm.computeCreateAddress(address(this), n + 7),
                        vm.computeCreateAddress(address(this), n + 8),
                        stakeToken,
                        _unbonding()
                    )
                )
            )
        );
        consent = ConsentLedger(
            _proxy(consentCode, abi.encodeCall(ConsentLedger.initialize, (m, address(registry))))
        );
        models = ModelRegistry(
            _proxy(modelsCode, abi.encodeCall(ModelRegistry.initialize, (m, c, address(registry))))
        );
        bytes memory init =
            abi.encodeCall(Treasury.initialize, (m, c, address(registry), registry.appeals()));
        treasury = Treasury(_proxy(treasuryCode, init));
        init = abi.encodeCall(
            Coordinator.initialize,
            (
                m,
                address(registry),
                address(consent),
                address(models),
                t,
                vm.computeCreateAddress(address(this), n + 5),
                vm.computeCreateAddress(address(this), n + 6)
            )
        );
        coordinator = ICoordinator(_proxy(coordinatorCode, init));
        init = abi.encodeCall(Disputes.initialize, (m, c, address(models), address(registry), DEMAND_DEPOSIT));
        disputes = IDisputes(_proxy(disputesCode, init));
        vm.assertEq(address(coordinator), c, "predicted coordinator");
        _deployCommittee(committeeCode, c);
        _deployAppeals(c);
        (,,,, address predicted, address drawn) = coordinator.contracts();
        vm.assertEq(address(disputes), predicted, "predicted disputes");
        vm.assertEq(address(committee), drawn, "predicted committee");
        vm.assertEq(address(treasury), t, "predicted treasury");
    }

    function _deployCommittee(address code, address c) private {
        bytes memory init = abi.encodeCall(
            Committee.initialize, (address(manager), c, address(registry), DRAW_DELAY, _hashDraws())
        );
        committee = ICommittee(_proxy(code, init));
    }

    function _deployAppeals(address c) private {
        (uint40 window, uint40 period) = (_unbonding() / 3, 2 * (_unbonding() / 3));
        bytes memory init = abi.encodeCall(
            Appeals.initialize,
            (address(manager), address(registry), address(treasury), APPEAL_DEPOSIT, window, period)
        );
        appeals = Appeals(_proxy(appealsCode, init));
        init = abi.encodeCall(Reputation.initialize, (address(manager), c, address(registry)));
        reputation = Reputation(_proxy(reputationCode, init));
        vm.assertEq(address(appeals), registry.appeals(), "predicted appeals");
        vm.assertEq(address(reputation), registry.reputation(), "predicted reputation");
    }

    function _proxy(address code, bytes memory init) internal returns (address) {
        return address(new ERC1967Proxy(code, init));
    }

    // --- what was slashed

    /// What an account gets, or has got, for all slashes it proved, once they are upheld.
    function _bountyOf(address accuser) internal view returns (uint256 bounty) {
        bounty = registry.bountyOf(accuser);
        for (uint256 id = 1; id <= registry.slashCount(); ++id) {
            IParticipantRegistry.Slash memory k = registry.slashOf(id);
            bool held = k.state == IParticipantRegistry.SlashState.Held;
            if (held && k.accuser == accuser) bounty += k.taken / 2;
        }
    }

    /// Waits until nobody can appeal any more, and upholds all slashes.
    function _upholdAll() internal {
        (, uint40 window,) = appeals.terms();
        vm.warp(block.timestamp + window + 1);
        uint256[] memory ids = new uint256[](registry.slashCount());
        for (uint256 i; i < ids.length; ++i) {
            ids[i] = i + 1;
        }
        appeals.uphold(ids);
    }

    // --- people and money

    function _key(uint256 i) internal pure returns (uint256) {
        return 0xa11ce000 + i;
    }

    function _silo(uint256 i) internal pure returns (address) {
        return vm.addr(_key(i));
    }

    function _give(address token, address to, uint256 amount) internal {
        if (token == address(0)) vm.deal(to, to.balance + amount);
        else TestToken(token).mint(to, amount);
    }

    function _balance(address token, address who) internal view returns (uint256) {
        return token == address(0) ? who.balance : TestToken(token).balanceOf(who);
    }

    function _register(address who) internal {
        vm.prank(who);
        registry.register(keccak256(abi.encode("sealing key", who)), address(0));
        registry.setAdmission(who, true);
    }

    function _deposit(address who, uint256 amount) internal {
        _give(stakeToken, who, amount);
        vm.startPrank(who);
        if (stakeToken != address(0)) TestToken(stakeToken).approve(address(registry), amount);
        registry.deposit{value: stakeToken == address(0) ? amount : 0}(amount);
        vm.stopPrank();
    }

    function _fund(uint32 task, uint256 amount) internal {
        address token = treasury.accountOf(task).token;
        _give(token, sponsor, amount);
        vm.startPrank(sponsor);
        if (token != address(0)) TestToken(token).approve(address(treasury), amount);
        treasury.fund{value: token == address(0) ? amount : 0}(task, amount);
        vm.stopPrank();
    }

    // --- consent

    function _grantFor(address silo, uint256 nonce) internal view returns (IConsentLedger.Grant memory) {
        return IConsentLedger.Grant({
            dataset: keccak256("dataset"),
            silo: silo,
            purposes: PURPOSE | 8,
            validFrom: uint40(block.timestamp),
            expiry: uint40(block.timestamp + 1_000_000),
            columns: keccak256("columns"),
            subjects: keccak256("subjects"),
            record: keccak256("record"),
            budget: 0,
            nonce: nonce,
            deadline: uint40(block.timestamp + 100)
        });
    }

    function _signature(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    function _bringGrant(IConsentLedger.Grant memory g) internal returns (bytes32) {
        bytes memory signature = _signature(HOLDER_KEY, consent.hashGrant(g));
        return consent.grant(g, signature);
    }

    function _registerDataset() internal {
        vm.prank(holder);
        consent.registerDataset(keccak256("dataset"), keccak256("content"));
    }
}
