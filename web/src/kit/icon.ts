// Signs, as paths in a box of 24.
export const iconPath = {
  map: 'M9 4 3 6.500V20l6-2.500 6 2.500 6-2.500V4l-6 2.500L9 4Zm0 0v13.500M15 6.500V20',
  alarm: 'M12 3.500 21.500 20h-19L12 3.500ZM12 10v5M12 17.300v.2',
  order: 'M5 4h14v16H5V4Zm3.500 5h7M8.500 13h5',
  command: 'M4 5h16v14H4V5Zm3.500 4 3 3-3 3M12.500 15h4',
  station: 'M4 19V9m5.500 10V5M15 19v-7m5 7V8',
  message: 'M4 5h16v11H9.500L5 20v-4H4V5Z',
  health: 'M3 12h4l2.500-6 4.500 12 2.500-6H21',
  quarantine: 'M12 3 4 6v6c0 4.500 3.200 7.600 8 9 4.800-1.400 8-4.500 8-9V6l-8-3Zm0 6v4m0 3v.2',
  trace: 'M3 12h3l2-5 3 10 3-13 3 11 1.500-3H21M3 20h18',
  demo: 'M7 15.500a4 4 0 0 1 .5-8 5.500 5.500 0 0 1 10.500 1.700 3.200 3.200 0 0 1-.5 6.300M9 18l-1 3m5-3-1 3m5-3-1 3',
  phone: 'M7 3h10v18H7V3Zm4 15h2',
  search: 'M10.500 4a6.500 6.500 0 1 1 0 13 6.500 6.500 0 0 1 0-13Zm5 11.500L20 20',
  sound: 'M4 9.500v5h4l5 4v-13l-5 4H4Zm12-1a5 5 0 0 1 0 7m2.500-9.500a8.500 8.500 0 0 1 0 12',
  mute: 'M4 9.500v5h4l5 4v-13l-5 4H4Zm12 .5 5 5m0-5-5 5',
  person: 'M12 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8ZM4.500 20c.8-4 3.800-5.500 7.500-5.500s6.700 1.500 7.500 5.500',
  rule: 'M4 7h10m4 0h2M4 17h2m4 0h10M16 4.500v5M8 14.500v5',
  out: 'M10 4H5v16h5m-1-8h11m-4-4 4 4-4 4',
} as const

export type IconName = keyof typeof iconPath
