//! The monitor's room under a fake clock, with a node of its own.

use downbeat_core::host::RoomType;

use super::room::MonitorRoom;

#[test]
fn the_page_is_written_with_these_tables() {
    let types = crate::types::typescript([RoomType::new::<MonitorRoom>("monitor")].iter());
    let committed = include_str!("../../../clients/monitor/src/tables.ts");
    assert!(
        types == committed,
        "clients/monitor/src/tables.ts is to be:\n{types}"
    );
}
